// Package wiretest is a server for tests of what goes over the wire: it answers as told, behind in-memory pipes, so that it lives inside a
// synctest bubble. It knows nothing of Clari.
package wiretest

import (
	"context"
	"io"
	"log"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// Server counts what arrives.
type Server struct {
	Posts atomic.Int32 // requests to create something
	Dials atomic.Int32

	// Dial, if set, is what the n-th dial (from 0) does; nil results: connect.
	Dial func(n int) (net.Conn, error)

	// Conns takes the server's end of a connection.
	Conns chan net.Conn

	closed  chan struct{}
	began   time.Time
	mu      sync.Mutex
	arrived []time.Duration
}

// Serve starts a server, which ends with the test, and returns a transport that reaches it whatever the host.
func Serve(t testing.TB, handler http.HandlerFunc) (*Server, *http.Transport) {
	t.Helper()
	s := &Server{Conns: make(chan net.Conn), closed: make(chan struct{}), began: time.Now()}
	httpServer := &http.Server{ErrorLog: log.New(io.Discard, "", 0), Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		s.arrived = append(s.arrived, s.Elapsed())
		s.mu.Unlock()
		if r.Method == http.MethodPost {
			s.Posts.Add(1)
		}
		_, _ = io.Copy(io.Discard, r.Body) // a server that has read it all notices when the client leaves
		handler(w, r)
	})}
	go func() { _ = httpServer.Serve(listener{s}) }()
	transport := &http.Transport{DialContext: s.Connect}
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		close(s.closed)
		_ = httpServer.Close()
	})
	return s, transport
}

// Connect dials the server, as a transport's DialContext.
func (s *Server) Connect(ctx context.Context, _, _ string) (net.Conn, error) {
	if n := int(s.Dials.Add(1)) - 1; s.Dial != nil {
		if conn, err := s.Dial(n); conn != nil || err != nil {
			return conn, err
		}
	}
	here, there := net.Pipe()
	select {
	case s.Conns <- there:
		return here, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Elapsed is the time since the start, to the nanosecond: in a bubble time is exact.
func (s *Server) Elapsed() time.Duration { return time.Since(s.began) }

// Began is when the server started.
func (s *Server) Began() time.Time { return s.began }

// Requests tells when each request arrived, as time since the start.
func (s *Server) Requests() []time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.arrived
}

type listener struct{ s *Server }

func (l listener) Accept() (net.Conn, error) {
	select {
	case c := <-l.s.Conns:
		return c, nil
	case <-l.s.closed:
		return nil, net.ErrClosed
	}
}
func (listener) Addr() net.Addr { return &net.UnixAddr{Name: "pipe"} }
func (listener) Close() error   { return nil }

// InTurn answers the n-th request with the n-th handler, and the rest with the last.
func InTurn(handlers ...http.HandlerFunc) http.HandlerFunc {
	var n atomic.Int32
	return func(w http.ResponseWriter, r *http.Request) {
		handlers[min(int(n.Add(1)), len(handlers))-1](w, r)
	}
}

// Answer answers with a status, a body and headers, which are names and values in turn.
func Answer(status int, body string, headers ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i < len(headers); i += 2 {
			w.Header().Add(headers[i], headers[i+1])
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

// Hang never answers.
func Hang(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }

// Raw sends bytes as they are, then hangs up.
func Raw(text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := w.(http.Hijacker).Hijack()
		if err == nil {
			_, _ = io.WriteString(conn, text)
			_ = conn.Close()
		}
	}
}

// HangUp ends the connection without an answer.
var HangUp = Raw("")
