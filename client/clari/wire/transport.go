package wire

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"time"
)

var dialer = &net.Dialer{Timeout: 30 * time.Second, KeepAlive: 30 * time.Second}

const (
	maxRedirects = 5
	noRoute      = "no Route matched" // the gateway's 404: the base URL is wrong, not what was asked for
)

// send makes one try, over redirects if need be, and returns a response only if it is 2xx; the caller closes it.
//
// It uses the transport without http.Client, which would copy the apikey header to whatever host a redirect names and put URLs into
// its errors.
func (c *Client) send(ctx context.Context, r Request) (*http.Response, *failure) {
	target, err := url.Parse(c.base.String() + r.Path)
	if err != nil {
		return nil, &failure{kind: unsafe, err: fmt.Errorf("%s: %w", r.Op, c.redact.error(err))}
	}
	if r.Method == http.MethodPost {
		// A connection that died while idle often shows only once the request is on it, and leaves a create unclear. A new one costs a
		// handshake.
		c.Close()
	}
	var p proof
	ctx = httptrace.WithClientTrace(ctx, p.trace())
	for hops := 0; ; hops++ {
		req, err := c.newRequest(ctx, r, target)
		if err != nil {
			return nil, &failure{kind: unsafe, err: fmt.Errorf("%s: %w", r.Op, c.redact.error(err))}
		}
		resp, err := c.transport.RoundTrip(req)
		if err != nil {
			return nil, c.lost(ctx, r, err, p.sent())
		}
		ours := sameOrigin(target, c.base)
		if ours {
			c.learnTime(resp.Header)
		}
		next := redirect(resp, target)
		if next == nil || !c.follows(r, target, next) || hops == maxRedirects {
			if resp.StatusCode/100 == 2 {
				if ours {
					c.keyRefusals.accepted()
				}
				return resp, nil
			}
			defer drain(resp.Body)
			f := c.refused(r, resp, target, next)
			switch {
			case !ours:
			case errors.Is(f.err, ErrUnauthorized):
				c.keyRefusals.refused(r.endpoint(), time.Now())
			default:
				c.keyRefusals.accepted()
			}
			return nil, f
		}
		drain(resp.Body)
		target = next
	}
}

func (c *Client) newRequest(ctx context.Context, r Request, target *url.URL) (*http.Request, error) {
	req, err := http.NewRequestWithContext(ctx, r.Method, target.String(), bytes.NewReader(r.Body))
	if err != nil {
		return nil, err
	}
	if r.Method == http.MethodPost {
		req.GetBody = nil // without it no transport can send a create again behind our back
	}
	if r.Body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	req.Header.Set("Accept", "*/*")
	req.Header.Set("User-Agent", c.userAgent)
	if sameOrigin(target, c.base) {
		req.Header.Set("apikey", c.key)
	}
	return req, nil
}

// refused makes the failure of a response that is not 2xx.
func (c *Client) refused(r Request, resp *http.Response, from, next *url.URL) *failure {
	e := &Error{Op: r.Op, Status: resp.StatusCode}
	body, _ := io.ReadAll(io.LimitReader(resp.Body, maxErrorBody+1)) // the status counts, also where the body is cut
	e.read(body, c.redact)
	e.absent = r.Absent
	if !sameOrigin(from, c.base) || next != nil {
		e.form = untrusted
	}
	e.noRoute = strings.HasPrefix(e.Message, noRoute)
	e.RequestID = cmp.Or(e.RequestID, c.redact.line(cmp.Or(resp.Header.Get("X-Kong-Request-Id"), resp.Header.Get("X-Request-Id")), maxWord))
	switch {
	case next != nil: // hosts only: signed URLs carry secrets in their queries
		e.Message = c.redact.line("redirect to "+next.Scheme+"://"+next.Host+" not followed", maxMessage)
	case !sameOrigin(from, c.base):
		e.Message = c.redact.line("from "+from.Host+": "+e.Message, maxMessage)
	}
	return &failure{
		kind: answered, status: e.Status, code: e.Code, err: e, noRoute: e.noRoute, elsewhere: !sameOrigin(from, c.base),
		untrusted:  e.form == untrusted && next == nil,
		retryAfter: retryAfter(resp.Header, c.ServerTime(time.Now())),
	}
}

// redirect is where a response sends us, nil if nowhere.
func redirect(resp *http.Response, from *url.URL) *url.URL {
	switch resp.StatusCode {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
	default:
		return nil
	}
	location := resp.Header.Get("Location")
	if location == "" {
		return nil
	}
	next, err := from.Parse(location)
	if err != nil || next.Host == "" {
		return nil
	}
	return next
}

// follows: a GET within the origin; a download to other hosts too, but not from https to http.
func (c *Client) follows(r Request, from, next *url.URL) bool {
	if r.Method != http.MethodGet || next.User != nil {
		return false
	}
	return sameOrigin(next, c.base) || r.Elsewhere && (next.Scheme == "https" || next.Scheme == "http" && from.Scheme == "http")
}

func sameOrigin(a, b *url.URL) bool {
	return a.Scheme == b.Scheme && strings.EqualFold(a.Hostname(), b.Hostname()) && port(a) == port(b)
}

func port(u *url.URL) string {
	if u.Scheme == "https" {
		return cmp.Or(u.Port(), "443")
	}
	return cmp.Or(u.Port(), "80")
}

func (c *Client) learnTime(h http.Header) {
	if date, err := http.ParseTime(h.Get("Date")); err == nil {
		c.skew.Store(int64(time.Until(date)))
		c.dated.Store(true)
	}
}
