package document

import (
	"bytes"
	"errors"
	"io"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// room is how much of a list Ahead sees at once, in bytes. What is longer the decoder reads.
const room = 2 * LookAhead

// few bytes are likely to be only a part of an element.
const few = 4 << 10

// ahead is what has come of a list beyond what was read. A NUL byte stands behind its end, so that whoever walks through it stops there.
type ahead struct {
	buf []byte // with the NUL byte
	pos int    // behind the last element that was read
	at  int64  // where in the document buf begins, in bytes
	end bool   // no more comes
}

// rest is what has come and was not read.
func (a *ahead) rest() []byte { return a.buf[a.pos : len(a.buf)-1] }

// next is where the next element begins, if that is an object: the place of the NUL byte if it has not come, 0 if it is something else.
func (a *ahead) next() int {
	i, end := a.space(a.pos), len(a.buf)-1
	if a.buf[i] == ',' {
		if i = a.space(i + 1); a.buf[i] == '{' {
			return i
		}
	}
	if i == end {
		return end
	}
	return 0
}

func (a *ahead) space(i int) int {
	for a.buf[i] == ' ' || a.buf[i] == '\n' || a.buf[i] == '\r' || a.buf[i] == '\t' {
		i++
	}
	return i
}

// more reads on until there are so many bytes to read, or no more come. It tells whether it tried: then all is elsewhere in buf.
func (a *ahead) more(r io.Reader, bytes int) (tried bool, err error) {
	if a.end || len(a.rest()) >= bytes {
		return false, nil
	}
	n := copy(a.buf, a.rest())
	a.at += int64(a.pos)
	a.pos = 0
	for n < bytes && err == nil {
		var more int
		more, err = r.Read(a.buf[n : room-1])
		n += more
	}
	a.buf = append(a.buf[:n], 0)
	if a.end = err == io.EOF; a.end {
		err = nil
	}
	return true, err
}

// Ahead reads elements of a list behind one that was just read, as long as they are objects, without the decoder: it goes on where Ahead
// ends. quick is asked first, and given all that has come of the list from an element on, and a NUL byte. It returns the size of the element
// in bytes if it has taken it, and 0 if it is not sure that it is whole, valid JSON, and without an escaped NUL: then nothing must have
// happened. Such an element goes through jsontext, and to slow. What is not an object, or not valid, or longer than room, is left to the
// decoder.
func (d *Decoder) Ahead(quick func(list []byte) (size int, err error), slow func(value []byte) error) error {
	unread := d.UnreadBuffer()
	if len(unread) >= LookAhead {
		return nil // of a long value: copied for each element it would cost the square of its length
	}
	if d.ahead.buf == nil {
		d.ahead.buf = make([]byte, 0, room)
	}
	a := &d.ahead
	a.buf = append(append(a.buf[:0], unread...), 0)
	a.pos, a.at, a.end = 0, d.At(), false
	for {
		i := a.next()
		if i == 0 {
			return d.resume()
		}
		d.in.value = a.at + int64(a.pos)
		if len(a.buf)-i < few {
			if tried, err := a.more(d.r, LookAhead); err != nil {
				return err
			} else if tried {
				continue
			}
		}
		size, err := d.element(a.buf[i:], quick, slow)
		switch {
		case size > 0 && err == nil:
			a.pos = i + size
			continue
		case size > 0:
			return err
		case !errors.Is(err, io.ErrUnexpectedEOF):
			return d.resume()
		}
		if tried, err := a.more(d.r, room-1); err != nil {
			return err
		} else if !tried {
			return d.resume()
		}
	}
}

// element reads the element that list begins with, and returns its size in bytes: 0 and what is wrong if it is not whole or not valid.
func (d *Decoder) element(list []byte, quick func([]byte) (int, error), slow func([]byte) error) (size int, err error) {
	if len(list) == 1 {
		return 0, io.ErrUnexpectedEOF
	}
	if size, err = quick(list); size > 0 {
		return size, err
	}
	d.list = *bytes.NewBuffer(list[:len(list)-1])
	d.one.Reset(&d.list, options...)
	value, err := d.one.ReadValue()
	if err != nil {
		return 0, err
	}
	if d.in.nul {
		d.NULs += replaceNULs(value)
	}
	return len(value), slow(value)
}

// resume makes the decoder go on behind the last element: it is shown a document made up, which brings it to where it was, and the rest.
func (d *Decoder) resume() error {
	depth, tokens := d.StackDepth(), 1
	var before strings.Builder
	for i := 1; i <= depth; i++ {
		if kind, _ := d.StackIndex(i); kind == '{' {
			before.WriteString(`{"":`)
			tokens += 2
		} else {
			before.WriteString("[")
			tokens++
		}
	}
	before.WriteString("0")
	a := &d.ahead
	d.base = a.at + int64(a.pos-before.Len())
	d.r = io.MultiReader(strings.NewReader(before.String()), bytes.NewReader(bytes.Clone(a.rest())), d.r)
	d.Reset(d.r, options...)
	for range tokens {
		if _, err := d.ReadToken(); err != nil {
			return err
		}
	}
	return nil
}

var options = []jsontext.Options{jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true)}
