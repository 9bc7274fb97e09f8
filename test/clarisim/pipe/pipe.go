// Package pipe is a network that stays in memory: a listener, and connections to it. A testing/synctest bubble can tell that goroutines
// wait for such a connection, which it cannot for sockets. It knows nothing of what is said over them.
//
//	l := pipe.Listen()
//	go http.Serve(l, handler)
//	client := http.Client{Transport: &http.Transport{DialContext: l.Dial}}
package pipe

import (
	"context"
	"net"
	"os"
	"sync"
	"syscall"
)

// A Listener is a net.Listener that Dial reaches.
type Listener struct {
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
}

// Listen makes a listener; it is to be closed.
func Listen() *Listener { return &Listener{conns: make(chan net.Conn), closed: make(chan struct{})} }

// Dial connects to the listener, whatever the address.
func (l *Listener) Dial(ctx context.Context, _, _ string) (net.Conn, error) {
	client, server := net.Pipe()
	select {
	case l.conns <- server:
		return client, nil
	case <-l.closed:
		return nil, Refused()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Refused is the error of a connection that nobody takes.
func Refused() error {
	return &net.OpError{Op: "dial", Net: "tcp", Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)}
}

// Accept waits for a connection.
func (l *Listener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

// Close refuses connections from now on.
func (l *Listener) Close() error {
	l.once.Do(func() { close(l.closed) })
	return nil
}

// Addr is the same for all listeners.
func (l *Listener) Addr() net.Addr { return addr{} }

type addr struct{}

func (addr) Network() string { return "pipe" }
func (addr) String() string  { return "pipe" }

// Is says whether a connection is one of this network; nil is none.
func Is(c net.Conn) bool { return c != nil && c.LocalAddr().Network() == addr{}.Network() }
