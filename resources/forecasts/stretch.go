package forecasts

import (
	"context"
	"fmt"
	"io"
	"slices"
	"sync"
)

// stretch is a part of the list of entries: those that begin from from on and before to, offsets in the result. Several may be
// read at the same time.
type stretch struct{ from, to int64 }

// stretchBytes is how long a stretch is. Who reads one keeps that much of the result in memory, and a little more.
const stretchBytes = 512 << 10

var stretchBuffers = sync.Pool{New: func() any { return new([]byte) }}

// read hands each entry of the stretch to do, with its offset. It returns where the next entry begins, or where the list ends.
func (s stretch) read(ctx context.Context, r io.ReaderAt, do func(e *Entry, offset int64) error) (next int64, more bool, err error) {
	if err := context.Cause(ctx); err != nil {
		return 0, false, err
	}
	buf := stretchBuffers.Get().(*[]byte)
	c := cursor{b: (*buf)[:0]}
	defer func() {
		*buf = c.b
		stretchBuffers.Put(buf)
	}()
	if err := s.fill(r, &c, s.to-s.from+1<<10); err != nil {
		return 0, false, err
	}
	var e Entry
	for more = true; more; {
		from := c.i
		start := c.begin()
		if c.err == nil && s.from+int64(start) >= s.to {
			break
		}
		if c.err == nil {
			c.entry(&e)
			more = c.more(']')
		}
		switch {
		case c.err == errShort:
			c.err, c.i, more = nil, from, true
			err = s.fill(r, &c, 2*int64(len(c.b)))
		case c.err != nil:
			err = shifted(c.err, s.from)
		default:
			err = do(&e, s.from+int64(start))
		}
		if err != nil {
			return 0, false, err
		}
	}
	return s.from + int64(c.i), more, nil
}

// fill reads on until the cursor has n bytes of the result, from the start of the stretch on.
func (s stretch) fill(r io.ReaderAt, c *cursor, n int64) error {
	if n > 2*maxValueBytes {
		return tooLong(s.from)
	}
	have := len(c.b)
	c.b = slices.Grow(c.b, int(n)-have)[:n]
	read, err := r.ReadAt(c.b[have:], s.from+int64(have))
	c.b = c.b[:have+read]
	if err == io.EOF {
		c.whole = true
	} else if err != nil {
		return fmt.Errorf("read result: %w", err)
	}
	return nil
}
