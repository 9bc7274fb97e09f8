package server

import (
	"fmt"
	"net/http"
	"time"
)

// Cut ends the connection after so many bytes of the body, short of the length that was told.
func Cut(after int) Effect {
	return cutBody("cut", after, true, func(*Exchange) { panic(http.ErrAbortHandler) })
}

// CutChunked ends the connection after so many bytes of a body whose length was not told.
func CutChunked(after int) Effect {
	return cutBody("cut-chunked", after, false, func(*Exchange) { panic(http.ErrAbortHandler) })
}

// Shorten leaves out what comes after so many bytes of the body, and ends it as if that were all.
func Shorten(to int) Effect {
	return cutBody("shorten", to, false, nil)
}

// Stall sends so many bytes of the body and then nothing more, until the client gives up.
func Stall(after int) Effect {
	return cutBody("stall", after, false, func(x *Exchange) {
		<-x.Request.Context().Done()
		panic(http.ErrAbortHandler)
	})
}

func cutBody(name string, after int, withLength bool, then func(*Exchange)) Effect {
	return Effect{Name: fmt.Sprintf("%s-%d", name, after), through: func(x *Exchange) http.ResponseWriter {
		x.withLength = withLength
		return &cutter{ResponseWriter: x.Writer, x: x, left: after, withLength: withLength, then: then}
	}}
}

// A cutter passes on the first bytes of a body.
type cutter struct {
	http.ResponseWriter
	x          *Exchange
	left       int
	withLength bool
	then       func(*Exchange) // nil: the rest is dropped
}

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
func Trickle(bytes int, pause time.Duration) Effect {
	return Effect{Name: "trickle", through: func(x *Exchange) http.ResponseWriter {
		return &trickler{x.Writer, x.Request, bytes, pause}
	}}
}

type trickler struct {
	http.ResponseWriter
	request *http.Request
	bytes   int
	pause   time.Duration
}

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
