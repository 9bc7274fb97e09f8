package clari

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"math"
	"net"
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"go.uber.org/goleak"
)

// TestMain lets nothing dial but loopback, and no goroutine outlive the tests.
func TestMain(m *testing.M) {
	dialer.Control = func(_, address string, _ syscall.RawConn) error {
		host, _, err := net.SplitHostPort(address)
		if err == nil && net.ParseIP(host).IsLoopback() {
			return nil
		}
		return fmt.Errorf("tests do not dial %s", address)
	}
	goleak.VerifyTestMain(m)
}

const testKey = "k3y/0f+Clari<secret>&more="

// server is a stand-in behind in-memory pipes, so that it lives inside a synctest bubble.
type server struct {
	conns   chan net.Conn
	closed  chan struct{}
	log     bytes.Buffer // the client's log, JSON lines
	posts   atomic.Int32
	mu      sync.Mutex
	arrived []time.Duration // since the start, one per request
	began   time.Time

	dial func(n int) (net.Conn, error) // what the n-th dial (from 0) does; nil results: connect
	n    atomic.Int32
}

func (s *server) Accept() (net.Conn, error) {
	select {
	case c := <-s.conns:
		return c, nil
	case <-s.closed:
		return nil, net.ErrClosed
	}
}
func (*server) Addr() net.Addr { return &net.UnixAddr{Name: "pipe"} }
func (s *server) Close() error { return nil }

func (s *server) connect(ctx context.Context, _, _ string) (net.Conn, error) {
	if n := int(s.n.Add(1)) - 1; s.dial != nil {
		if conn, err := s.dial(n); conn != nil || err != nil {
			return conn, err
		}
	}
	here, there := net.Pipe()
	select {
	case s.conns <- there:
		return here, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// since the start, to the nanosecond: in a bubble time is exact.
func (s *server) elapsed() time.Duration { return time.Since(s.began) }

func (s *server) requests() []time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.arrived
}

// serve starts a server and a client of it; edit may change the client's configuration. The client paces nothing.
func serve(t *testing.T, handler http.HandlerFunc, edit ...func(*Config)) (*Client, *server) {
	t.Helper()
	s := &server{conns: make(chan net.Conn), closed: make(chan struct{}), began: time.Now()}
	httpServer := &http.Server{ErrorLog: log.New(io.Discard, "", 0), Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		s.arrived = append(s.arrived, s.elapsed())
		s.mu.Unlock()
		if r.Method == http.MethodPost {
			s.posts.Add(1)
		}
		_, _ = io.Copy(io.Discard, r.Body) // a server that has read it all notices when the client leaves
		handler(w, r)
	})}
	go func() { _ = httpServer.Serve(s) }()
	transport := &http.Transport{DialContext: s.connect}
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		close(s.closed)
		_ = httpServer.Close()
	})
	cfg := Config{
		BaseURL: "http://clari.test/v4", APIKey: testKey, RequestsPerSecond: math.Inf(1), MaxRetries: 8,
		Transport: transport, Logger: zerolog.New(zerolog.SyncWriter(&s.log)),
	}
	for _, e := range edit {
		e(&cfg)
	}
	c, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return c, s
}

// inTurn answers the n-th request with the n-th handler, and the rest with the last.
func inTurn(handlers ...http.HandlerFunc) http.HandlerFunc {
	var n atomic.Int32
	return func(w http.ResponseWriter, r *http.Request) {
		handlers[min(int(n.Add(1)), len(handlers))-1](w, r)
	}
}

func answer(status int, body string, headers ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i < len(headers); i += 2 {
			w.Header().Add(headers[i], headers[i+1])
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

func hang(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }

// raw sends bytes as they are, then hangs up.
func raw(text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := w.(http.Hijacker).Hijack()
		if err == nil {
			_, _ = io.WriteString(conn, text)
			_ = conn.Close()
		}
	}
}

var hangUp = raw("")

// resetConn breaks as TCP does, once the request is out.
type resetConn struct {
	net.Conn
	written chan struct{}
	once    sync.Once
}

func (c *resetConn) Write(p []byte) (int, error) {
	n, err := c.Conn.Write(p)
	c.once.Do(func() { close(c.written) })
	return n, err
}

func (c *resetConn) Read([]byte) (int, error) {
	<-c.written
	return 0, &net.OpError{Op: "read", Net: "tcp", Err: syscall.ECONNRESET}
}

// swallow reads a connection to its end and never answers.
func swallow() net.Conn {
	here, there := net.Pipe()
	go func() { _, _ = io.Copy(io.Discard, there); _ = there.Close() }()
	return here
}

var errDial = &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}

func unclear(t *testing.T, err error) *UnclearError {
	t.Helper()
	u, ok := errors.AsType[*UnclearError](err)
	if !ok {
		t.Fatalf("not an UnclearError: %v", err)
	}
	return u
}

func within(t *testing.T, what string, got, least, most time.Duration) {
	t.Helper()
	if got < least || got > most {
		t.Errorf("%s: %s, want %s to %s", what, got, least, most)
	}
}

const (
	okJob    = `{"jobId":"j1","status":"DONE"}`
	okCreate = `{"jobId":"j1"}`
	okLimits = `{"jobs":{"concurrentLimit":3}}`
)

func mustParse(t *testing.T, raw string) *url.URL {
	t.Helper()
	u, err := url.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	return u
}
