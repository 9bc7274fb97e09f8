package forecasts

import (
	"context"
	"fmt"
	"io"
	"strings"
)

const (
	windowBytes = 256 << 10
	// A value longer than this is no forecast entry: the limit keeps a broken result from filling the memory.
	maxValueBytes = 32 << 20
)

// window reads a document from front to back through a cursor over the part that is in memory.
type window struct {
	cursor
	ctx  context.Context
	r    io.Reader
	base int64 // offset in the document of b[0]
}

func newWindow(ctx context.Context, r io.Reader) *window {
	return &window{ctx: ctx, r: r, cursor: cursor{b: make([]byte, 0, windowBytes)}}
}

// do lets read take something from the cursor, once more from the start wherever the window turns out to end in it.
// What read got from the cursor is good until the next do.
func (w *window) do(read func()) error {
	for {
		start := w.i
		w.arena = w.arena[:0]
		read()
		if w.err != errShort {
			break
		}
		w.err = nil
		if err := w.slide(start); err != nil {
			return err
		}
	}
	return shifted(w.err, w.base)
}

// shifted tells of an error at so many bytes from the start of the result that the cursor tells of from its own.
func shifted(err error, by int64) error {
	if bad, ok := err.(*MalformedError); ok {
		return &MalformedError{Offset: bad.Offset + by, Detail: bad.Detail}
	}
	return err
}

func tooLong(at int64) error {
	return &MalformedError{Offset: at, Detail: fmt.Sprintf("a value longer than %d MiB", maxValueBytes>>20)}
}

// slide drops what comes before keep and reads on.
func (w *window) slide(keep int) error {
	if err := context.Cause(w.ctx); err != nil {
		return err
	}
	kept := w.b[keep:]
	if len(kept) > maxValueBytes {
		return tooLong(w.base + int64(keep))
	}
	if len(kept) > cap(w.b)/2 {
		w.b = make([]byte, 0, 2*cap(w.b))
	}
	w.b = append(w.b[:0], kept...)
	w.base += int64(keep)
	w.i = 0
	n, err := io.ReadFull(w.r, w.b[len(w.b):cap(w.b)])
	w.b = w.b[:len(w.b)+n]
	switch err {
	case io.EOF, io.ErrUnexpectedEOF:
		w.whole = true
	case nil:
	default:
		return fmt.Errorf("read result: %w", err)
	}
	return nil
}

// jump goes on at another place of the document, which is r.
func (w *window) jump(r *io.SectionReader, to int64) {
	w.r, w.base = io.NewSectionReader(r, to, r.Size()-to), to
	w.b, w.i, w.whole = w.b[:0], 0, false
}

// offset is where in the document the cursor stands.
func (w *window) offset() int64 { return w.base + int64(w.i) }

// next returns the byte that comes after white space, and leaves it there.
func (w *window) next() (ch byte, err error) {
	err = w.do(func() { ch = w.peek() })
	return ch, err
}

// elements reads an array of any length, one element at a time.
func (w *window) elements(read func() error) error {
	return w.list('[', ']', read)
}

// members reads an object of any length, one member at a time.
func (w *window) members(read func(key string) error) error {
	return w.list('{', '}', func() error {
		var key string
		err := w.do(func() {
			if w.peek() != '"' {
				w.fail("want a key")
				return
			}
			key = w.str()
			w.take(':')
		})
		if err != nil {
			return err
		}
		return read(strings.Clone(key))
	})
}

func (w *window) list(open, end byte, read func() error) error {
	var more bool
	if err := w.do(func() { more = !w.empty(open, end) }); err != nil {
		return err
	}
	next := func() { more = w.more(end) }
	for more {
		if err := read(); err != nil {
			return err
		}
		if err := w.do(next); err != nil {
			return err
		}
	}
	return nil
}

// pass skips a value of any length.
func (w *window) pass() error {
	skip := func() error { return w.do(func() { w.skip() }) }
	ch, err := w.next()
	switch {
	case err != nil:
		return err
	case ch == '[':
		return w.elements(skip)
	case ch == '{':
		return w.members(func(string) error { return skip() })
	}
	return skip()
}

// end makes sure that nothing but white space follows.
func (w *window) end() error {
	for {
		for w.i < len(w.b) && strings.IndexByte(" \t\r\n", w.b[w.i]) >= 0 {
			w.i++
		}
		switch {
		case w.i < len(w.b):
			return &MalformedError{Offset: w.offset(), Detail: "something follows its end"}
		case w.whole:
			return nil
		}
		if err := w.slide(w.i); err != nil {
			return err
		}
	}
}
