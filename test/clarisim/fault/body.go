package fault

import (
	"fmt"
	"net/http"
	"time"

	"github.com/cq-source-clari/cq-source-clari/test/clarisim/server"
)

// Cut ends the connection after so many bytes of the body, short of the length that was told.
func Cut(after int) server.Effect {
	return cutBody("cut", after, true, func(*server.Exchange) { panic(http.ErrAbortHandler) })
}

// CutChunked ends the connection after so many bytes of a body whose length was not told.
func CutChunked(after int) server.Effect {
	return cutBody("cut-chunked", after, false, func(*server.Exchange) { panic(http.ErrAbortHandler) })
}

// Shorten leaves out what comes after so many bytes of the body, and ends it as if that were all.
func Shorten(to int) server.Effect {
	return cutBody("shorten", to, false, nil)
}

// Stall sends so many bytes of the body and then nothing more, until the client gives up.
func Stall(after int) server.Effect {
	return cutBody("stall", after, false, func(x *server.Exchange) {
		<-x.Request.Context().Done()
		panic(http.ErrAbortHandler)
	})
}

func cutBody(name string, after int, withLength bool, then func(*server.Exchange)) server.Effect {
	return server.Effect{Name: fmt.Sprintf("%s-%d", name, after), Through: func(x *server.Exchange) http.ResponseWriter {
		x.WithLength = withLength
		return &cutter{ResponseWriter: x.Writer, x: x, left: after, withLength: withLength, then: then}
	}}
}

// A cutter passes on the first bytes of a body.
type cutter struct {
	http.ResponseWriter
	x          *server.Exchange
	left       int
	withLength bool
	then       func(*server.Exchange) // nil: the rest is dropped
}

func (c *cutter) Unwrap() http.ResponseWriter { return c.ResponseWriter }

func (c *cutter) WriteHeader(status int) {
	if !c.withLength {
		c.Header().Del("Content-Length")
	}
	c.ResponseWriter.WriteHeader(status)
}

func (c *cutter) Write(p []byte) (int, error) {
	send := p[:min(c.left, len(p))]
	c.left -= len(send)
	if _, err := c.ResponseWriter.Write(send); err != nil {
		return 0, err
	}
	if len(send) < len(p) && c.then != nil {
		http.NewResponseController(c.ResponseWriter).Flush()
		c.then(c.x)
	}
	return len(p), nil
}

// Trickle sends the body so many bytes at a time, with a pause after each.
func Trickle(bytes int, pause time.Duration) server.Effect {
	return server.Effect{Name: "trickle", Through: func(x *server.Exchange) http.ResponseWriter {
		return &trickler{x.Writer, x.Request, bytes, pause}
	}}
}

type trickler struct {
	http.ResponseWriter
	request *http.Request
	bytes   int
	pause   time.Duration
}

func (t *trickler) Unwrap() http.ResponseWriter { return t.ResponseWriter }

func (t *trickler) Write(p []byte) (n int, err error) {
	for n < len(p) {
		sent, err := t.ResponseWriter.Write(p[n:min(n+t.bytes, len(p))])
		if n += sent; err != nil {
			return n, err
		}
		http.NewResponseController(t.ResponseWriter).Flush()
		select {
		case <-time.After(t.pause):
		case <-t.request.Context().Done():
			return n, t.request.Context().Err()
		}
	}
	return n, nil
}
