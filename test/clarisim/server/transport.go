package server

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"

	"github.com/cq-source-clari/cq-source-clari/test/clarisim/ledger"
	"github.com/cq-source-clari/cq-source-clari/test/clarisim/pipe"
)

// Transport reaches the server in memory, whatever host a request names; MemoryURL is one to use. It lives until the server
// is closed.
func (s *Server) Transport() http.RoundTripper {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.pipes == nil {
		s.pipes = pipe.Listen()
		s.serve(s.pipes)
	}
	t := &transport{server: s, Transport: &http.Transport{DialContext: s.pipes.Dial}}
	s.serving = append(s.serving, closer(t.CloseIdleConnections))
	return t
}

// MemoryURL is a base URL for requests through Transport.
func (s *Server) MemoryURL() string { return "http://localhost" + s.cfg.BasePath }

// A transport refuses the connections that are to be refused before anything is sent.
type transport struct {
	*http.Transport
	server *Server
}

func (t *transport) RoundTrip(r *http.Request) (*http.Response, error) {
	target, err := t.target(r)
	if err != nil {
		return nil, err
	}
	if t.server.refuses(target) {
		if r.Body != nil {
			r.Body.Close()
		}
		if trace := httptrace.ContextClientTrace(r.Context()); trace != nil && trace.GetConn != nil {
			trace.GetConn(r.URL.Host) // as http.Transport does before it dials
		}
		return nil, pipe.Refused()
	}
	return t.Transport.RoundTrip(r)
}

// target needs the body, which it gives back for the request to be sent.
func (t *transport) target(r *http.Request) (ledger.Target, error) {
	x := &Exchange{Request: r, server: t.server}
	if r.Body != nil && r.GetBody != nil {
		body, err := r.GetBody()
		if err != nil {
			return ledger.Target{}, err
		}
		defer body.Close()
		if x.Body, err = io.ReadAll(body); err != nil {
			return ledger.Target{}, err
		}
	}
	t.server.mu.Lock()
	defer t.server.mu.Unlock()
	x.identify()
	return x.Target, nil
}

// Start listens on a loopback address, "" for 127.0.0.1 and any free port, and returns the base URL.
func (s *Server) Start(addr string) (baseURL string, err error) {
	if addr == "" {
		addr = "127.0.0.1:0"
	}
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return "", err
	}
	if ip := l.Addr().(*net.TCPAddr).IP; !ip.IsLoopback() {
		l.Close()
		return "", errors.New("listen: " + addr + " is not a loopback address")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.serve(l); s.closed {
		return "", net.ErrClosed
	}
	return "http://" + l.Addr().String() + s.cfg.BasePath, nil
}

type connKey struct{}

// Conn is the connection that the request came over, nil if it came over none.
func (x *Exchange) Conn() net.Conn {
	c, _ := x.Request.Context().Value(connKey{}).(net.Conn)
	return c
}

// serve answers the connections of a listener until the server is closed. The lock must be held.
func (s *Server) serve(l net.Listener) {
	if s.closed {
		l.Close()
		return
	}
	h := &http.Server{Handler: s, ConnContext: func(ctx context.Context, c net.Conn) context.Context {
		return context.WithValue(ctx, connKey{}, c)
	}}
	s.serving = append(s.serving, h)
	s.running.Go(func() { h.Serve(l) })
}

type closer func()

func (c closer) Close() error {
	c()
	return nil
}

// Close ends all connections, also those of requests that hang, and returns when nothing runs any more.
func (s *Server) Close() {
	s.mu.Lock()
	serving := s.serving
	s.closed = true
	s.mu.Unlock()
	for _, c := range serving {
		c.Close()
	}
	s.running.Wait()
}
