package server

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"os"
	"sync"
	"syscall"

	"github.com/cq-source-clari/cq-source-clari/test/clarisim/ledger"
)

// pipes is a listener whose connections stay in memory. A synctest bubble can tell that its goroutines wait, which it
// cannot for sockets.
type pipes struct {
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
}

type pipeAddr struct{}

func (pipeAddr) Network() string { return "pipe" }
func (pipeAddr) String() string  { return "pipe" }

func newPipes() *pipes { return &pipes{conns: make(chan net.Conn), closed: make(chan struct{})} }

// Addr, Accept and Close make pipes a net.Listener.
func (p *pipes) Addr() net.Addr { return pipeAddr{} }

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error {
	p.once.Do(func() { close(p.closed) })
	return nil
}

func (p *pipes) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	client, server := net.Pipe()
	select {
	case p.conns <- server:
		return client, nil
	case <-p.closed:
		return nil, refused()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func refused() error {
	return &net.OpError{Op: "dial", Net: "tcp", Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)}
}

// Transport reaches the server in memory, whatever host a request names; MemoryURL is one to use. It lives until the server
// is closed.
func (s *Server) Transport() http.RoundTripper {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.pipes == nil {
		s.pipes = newPipes()
		s.serve(s.pipes)
	}
	t := &transport{server: s, Transport: &http.Transport{DialContext: s.pipes.dial}}
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
		return nil, refused()
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

// overPipe says whether the request came through Transport, which takes care of the connections refused.
func (x *Exchange) overPipe() bool {
	c := x.Conn()
	return c != nil && c.LocalAddr().Network() == "pipe"
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
