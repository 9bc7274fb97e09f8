package wire

import (
	"bufio"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"time"
)

// Results is the content of an export as it arrives. The caller closes Body.
type Results struct {
	// Body ends in io.EOF only if all of it has been read, as far as can be known: see EndMarked. Everything else is a *CutError, or the
	// error of the context that Download was given, which holds for the Body too.
	Body        io.ReadCloser
	ContentType string
	Length      int64  // bytes on their way, -1 if unknown
	Encoding    string // content encoding that is still on Body; empty as a rule, since gzip is taken off
	// EndMarked is false where only the end of the connection ends Body (HTTP/1.0): a cut looks like the end then, and the content itself
	// must show that it is whole.
	EndMarked bool
}

// CutError is a download that stopped before its end.
type CutError struct {
	Op   string
	Read int64 // bytes
	Err  error // io.ErrUnexpectedEOF, a timeout, a reset, a damaged gzip stream
}

func (e *CutError) Error() string {
	return fmt.Sprintf("%s: cut after %d bytes: %s", e.Op, e.Read, e.Err)
}
func (e *CutError) Unwrap() error { return e.Err }

// Download begins to download what a request asks for. Its Body is read under the same context.
func (c *Client) Download(ctx context.Context, r Request) (res *Results, err error) {
	err = c.do(ctx, r, func(ctx context.Context, r Request) *failure {
		ctx, w := watch(ctx)
		resp, f := c.send(ctx, r)
		if f != nil {
			w.end()
			return f
		}
		w.rest()
		body := &download{client: c, op: r.Op, ctx: ctx, watch: w, body: resp.Body}
		res = &Results{
			Body:        &unpacked{download: body, in: bufio.NewReader(body)},
			ContentType: resp.Header.Get("Content-Type"),
			Length:      resp.ContentLength,
			Encoding:    resp.Header.Get("Content-Encoding"),
			EndMarked:   resp.ContentLength >= 0 || resp.Uncompressed || len(resp.TransferEncoding) > 0 || resp.ProtoMajor >= 2,
		}
		return nil
	})
	return res, err
}

// download is a body whose reads end when no byte comes for idleTimeout. Time that the caller spends between reads does not count.
type download struct {
	client *Client
	op     string
	ctx    context.Context
	watch  *watchdog
	body   io.ReadCloser
	read   int64
}

func (d *download) Read(p []byte) (int, error) {
	d.watch.run()
	n, err := d.body.Read(p)
	d.watch.rest()
	d.read += int64(n)
	if err == nil || err == io.EOF {
		return n, err
	}
	cause, stopped := d.client.explain(d.ctx, err)
	if stopped {
		return n, fmt.Errorf("%s: %w", d.op, cause)
	}
	return n, &CutError{Op: d.op, Read: d.read, Err: cause}
}

func (d *download) Close() error {
	d.watch.end()
	return d.body.Close()
}

// unpacked takes gzip off a body that begins with its two bytes, whatever the headers say. It ends only behind the trailer.
type unpacked struct {
	*download
	in      *bufio.Reader
	out     io.Reader // of the content; nil before the first read
	trailer bool      // the content is packed, and marks its own end
}

func (u *unpacked) Read(p []byte) (int, error) {
	if u.out == nil {
		u.out = u.in
		head, _ := u.in.Peek(2) // an error comes again
		if u.trailer = string(head) == "\x1f\x8b"; u.trailer {
			packed, err := gzip.NewReader(u.in)
			if err != nil {
				return 0, u.damaged(err)
			}
			u.out = packed
		}
	}
	n, err := u.out.Read(p)
	if err != nil && err != io.EOF && u.trailer {
		err = u.damaged(err)
	}
	return n, err
}

// damaged is what is wrong with a packed body, or why no more of it came.
func (u *unpacked) damaged(err error) error {
	if _, ours := errors.AsType[*CutError](err); ours || u.ctx.Err() != nil {
		return err
	}
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return &CutError{Op: u.op, Read: u.read, Err: err}
}

// watchdog ends a context when it has run for idleTimeout without a rest.
type watchdog struct {
	timer *time.Timer
	end   func()
}

// watch returns a running watchdog, and the context that it ends.
func watch(parent context.Context) (context.Context, *watchdog) {
	ctx, cancel := context.WithCancelCause(parent)
	timer := time.AfterFunc(idleTimeout, func() { cancel(&timeoutError{"nothing received for", idleTimeout}) })
	return ctx, &watchdog{timer: timer, end: func() { timer.Stop(); cancel(nil) }}
}

func (w *watchdog) run()  { w.timer.Reset(idleTimeout) }
func (w *watchdog) rest() { w.timer.Stop() }
