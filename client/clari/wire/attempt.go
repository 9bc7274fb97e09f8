package wire

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"sync/atomic"
	"time"
)

const (
	// CallTimeout is how long one try of a small call may take, from its turn to the end of the body.
	CallTimeout = time.Minute
	idleTimeout = time.Minute // a download: until the header is there, and then between two bytes
	maxDrain    = 64 << 10    // what is left of a body is read up to here, so that the connection can be used again
)

// Call sends a small request until it is answered or given up, and hands the body, at most limit bytes, to decode. An answer that decode
// refuses is asked for again a few times; after a creation it leaves the outcome unknown.
func (c *Client) Call(ctx context.Context, r Request, limit int64, decode func([]byte) error) error {
	return c.do(ctx, r, func(ctx context.Context, r Request) *failure {
		ctx, cancel := context.WithTimeoutCause(ctx, CallTimeout, &timeoutError{"no whole answer within", CallTimeout})
		defer cancel()
		resp, f := c.send(ctx, r)
		if f != nil {
			return f
		}
		defer func() { _ = resp.Body.Close() }()
		body, err := io.ReadAll(io.LimitReader(resp.Body, limit+1))
		if err != nil {
			return c.lost(ctx, r, err, true)
		}
		if int64(len(body)) > limit {
			err = fmt.Errorf("larger than %d bytes", limit)
		} else {
			err = decode(body)
		}
		if err != nil {
			err = fmt.Errorf("%s: answer not understood (%q): %w", r.Op, resp.Header.Get("Content-Type"), err)
			return &failure{kind: malformed, err: c.redact.error(err)}
		}
		return nil
	})
}

// lost makes the failure of a try that got no whole answer.
func (c *Client) lost(ctx context.Context, r Request, err error, sent bool) *failure {
	cause, ended := c.explain(ctx, err)
	f := &failure{kind: lost, sent: sent, err: fmt.Errorf("%s: %w", r.Op, cause)}
	if _, refused := errors.AsType[*tls.CertificateVerificationError](err); refused {
		f.kind = unsafe
	}
	if ended {
		f.kind = stopped
	}
	return f
}

// explain tells what was behind an error: the caller, who ended ctx; our own patience; or the network.
func (c *Client) explain(ctx context.Context, err error) (cause error, ended bool) {
	if ctx.Err() == nil {
		return c.redact.error(err), false
	}
	if timeout, ours := errors.AsType[*timeoutError](context.Cause(ctx)); ours {
		return timeout, false
	}
	return ctx.Err(), true
}

// proof watches a request leave. A transport that reports nothing proves nothing, and counts as having sent.
type proof struct{ asked, connected, wrote atomic.Bool }

func (p *proof) trace() *httptrace.ClientTrace {
	return &httptrace.ClientTrace{
		GetConn: func(string) { p.asked.Store(true) },
		GotConn: func(info httptrace.GotConnInfo) {
			p.connected.Store(true)
			if t, ok := info.Conn.(interface{ ConnectionState() tls.ConnectionState }); ok &&
				t.ConnectionState().NegotiatedProtocol == "h2" {
				p.wrote.Store(true) // HTTP/2 reports its headers only after it has tried to write them
			}
		},
		// HTTP/1 reports them when they are in its buffer, before it flushes: without this no whole header can have left.
		WroteHeaders: func() { p.wrote.Store(true) },
	}
}

// sent is false only when no server can have seen a whole request.
func (p *proof) sent() bool {
	return !p.asked.Load() || p.connected.Load() && p.wrote.Load()
}

// timeoutError is our own patience running out; it is a net.Error.
type timeoutError struct {
	what  string
	after time.Duration
}

func (e *timeoutError) Error() string { return fmt.Sprintf("timeout: %s %s", e.what, e.after) }
func (*timeoutError) Timeout() bool   { return true }
func (*timeoutError) Temporary() bool { return true }

func drain(body io.ReadCloser) {
	_, _ = io.CopyN(io.Discard, body, maxDrain)
	_ = body.Close()
}

// newTransport is Go's default transport, with pings, for a dead HTTP/2 connection would otherwise swallow every retry.
func newTransport() *http.Transport {
	return &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            dialer.DialContext,
		OnProxyConnectResponse: refusedByProxy,

		ForceAttemptHTTP2:   true,
		IdleConnTimeout:     90 * time.Second,
		TLSHandshakeTimeout: 10 * time.Second,
		HTTP2:               &http.HTTP2Config{SendPingTimeout: 30 * time.Second, PingTimeout: 15 * time.Second},
	}
}

// refusedByProxy makes an error of a proxy's refusal that says who refused: without it the text is only Proxy Authentication Required.
func refusedByProxy(_ context.Context, _ *url.URL, _ *http.Request, answer *http.Response) error {
	if answer.StatusCode == http.StatusOK {
		return nil
	}
	return &net.OpError{Op: "proxyconnect", Net: "tcp", Err: fmt.Errorf("the proxy answers HTTP %d", answer.StatusCode)}
}
