// Package document reads a long JSON document value by value while it arrives, within bounds that keep a broken one from filling the
// memory. It knows nothing of what the values mean, but for members by which a document says that it is not whole.
package document

import (
	"bytes"
	"context"
	"errors"
	"io"

	"github.com/go-json-experiment/json/jsontext"
)

const (
	// MaxValue is how long a value may be, in bytes.
	MaxValue = 32 << 20
	// MaxDepth is how deep values may nest. A tenth of what encoding/json takes, so that whoever reads extra can take it.
	MaxDepth = 1000
	// LookAhead is how much is read at once, in bytes.
	LookAhead = 64 << 10
)

// ByteOrderMark may stand before a document.
const ByteOrderMark = "\xef\xbb\xbf"

// The bounds that a document may break.
var (
	ErrLongValue = errors.New("a value longer than 32 MiB")
	ErrTooDeep   = errors.New("values nest deeper than 1000")
)

// Source is a document as it comes. It counts and bounds under whoever reads it.
type Source struct {
	ctx   context.Context
	r     io.Reader
	n     int64 // bytes so far
	value int64 // where the value begins that is being read; -1 while there is no bound
	err   error // why it ended before its end
	tail  [len(nul) - 1]byte
	nul   bool // an escaped NUL came
}

// nul is how JSON writes the character that PostgreSQL takes nowhere.
const nul = `\u0000`

// NewSource reads r until ctx ends. There is no bound until a Decoder reads from it.
func NewSource(ctx context.Context, r io.Reader) *Source { return &Source{ctx: ctx, r: r, value: -1} }

// Err is why the document ended before its end: an error of its reader, the end of the context, or ErrLongValue.
func (s *Source) Err() error { return s.err }

// Offset is how many bytes have come so far.
func (s *Source) Offset() int64 { return s.n }

// Value is where the value begins that is being read, in bytes.
func (s *Source) Value() int64 { return s.value }

func (s *Source) Read(b []byte) (int, error) {
	if s.err != nil {
		return 0, s.err
	}
	if s.err = context.Cause(s.ctx); s.err != nil {
		return 0, s.err
	}
	b = b[:min(len(b), LookAhead)]
	n, err := s.r.Read(b)
	s.n += int64(n)
	if !s.nul {
		s.lookForNUL(b[:n])
	}
	switch {
	case s.value >= 0 && s.n-s.value > MaxValue+2*LookAhead: // of what comes after it
		s.err = ErrLongValue
	case err != nil && err != io.EOF:
		s.err = err
	default:
		return n, err
	}
	return n, s.err
}

// lookForNUL takes note of an escaped NUL, which may lie over the end of what came before.
func (s *Source) lookForNUL(b []byte) {
	head := append(s.tail[:len(s.tail):len(s.tail)], b[:min(len(b), len(s.tail))]...)
	s.nul = bytes.Contains(b, []byte(nul)) || bytes.Contains(head, []byte(nul))
	if len(b) >= len(s.tail) {
		copy(s.tail[:], b[len(b)-len(s.tail):])
	} else {
		copy(s.tail[:], head[len(head)-len(s.tail):])
	}
}

// Decoder reads the tokens and values of a document. It takes duplicate names and invalid UTF-8.
type Decoder struct {
	*jsontext.Decoder
	in    *Source
	r     io.Reader // that it reads
	base  int64
	ahead ahead
	one   jsontext.Decoder // of one element
	list  bytes.Buffer     // that it is in

	// NULs are how many texts and keys had NUL characters, for each of which Value writes U+FFFD.
	NULs int64
}

// NewDecoder reads r, which reads from in and is base bytes into it.
func NewDecoder(in *Source, r io.Reader, base int64) *Decoder {
	in.value = 0
	return &Decoder{Decoder: jsontext.NewDecoder(r, options...), in: in, r: r, base: base}
}

// Base is where in the document offsets begin to count that its errors have, in bytes.
func (d *Decoder) Base() int64 { return d.base }

// At is where in the document it is, in bytes.
func (d *Decoder) At() int64 { return d.base + d.InputOffset() }

// Peek is the kind of what comes next, and from there on the next value may be MaxValue long.
func (d *Decoder) Peek() jsontext.Kind {
	d.in.value = d.At()
	return d.PeekKind()
}

// Value is the value that comes next, good until the next call. How deep it nests is for the caller to look at: see MaxDepth.
func (d *Decoder) Value() ([]byte, error) {
	value, err := d.ReadValue()
	switch {
	case err != nil:
		return nil, err
	case len(value) > MaxValue:
		return nil, ErrLongValue
	}
	if d.in.nul {
		d.NULs += replaceNULs(value)
	}
	return value, nil
}

// replaceNULs writes U+FFFD in place of each NUL character of a valid value, and returns how many texts had one.
func replaceNULs(value []byte) (texts int64) {
	for i := 0; i < len(value); i++ {
		if value[i] != '"' {
			continue
		}
		found := false
		for i++; value[i] != '"'; i++ {
			if value[i] != '\\' {
				continue
			}
			if bytes.HasPrefix(value[i:], []byte(nul)) {
				copy(value[i:], `\ufffd`)
				found = true
			}
			i++
		}
		if found {
			texts++
		}
	}
	return texts
}

// Skip passes over a value of any length.
func (d *Decoder) Skip() error {
	depth := d.StackDepth()
	for {
		d.Peek()
		if _, err := d.ReadToken(); err != nil {
			return err
		}
		switch now := d.StackDepth(); {
		case now == depth:
			return nil
		case now-depth > MaxDepth:
			return ErrTooDeep
		}
	}
}
