package store

import (
	"encoding/binary"

	"github.com/cq-source-clari/cq-source-clari/client/scalar"
	"github.com/cq-source-clari/cq-source-clari/resources/extra"
	"github.com/cq-source-clari/cq-source-clari/resources/forecast"
	"github.com/cq-source-clari/cq-source-clari/resources/spill"
)

func validBytes(b []byte) []byte { return scalar.Valid(b) }

// Reader reads pages of entries. Several may read at once, after Join.
type Reader struct {
	s             *Store
	memory        []byte
	view          *page // of memory
	extras        *spill.Reader
	labels, texts *spill.Reader
	err           error // of a text, which comes too late to be returned
}

// Reader opens a reader.
func (s *Store) Reader() *Reader {
	return &Reader{s: s, extras: s.log.Reader(), labels: s.log.Reader(), texts: s.texts.Reader()}
}

// Pages is how many pages there are.
func (s *Store) Pages() int { return len(s.views) }

// Read puts the columns of a page into b. They are good until the next call.
func (r *Reader) Read(n int, b *forecast.Entries) error {
	p := r.s.views[n]
	if p == nil {
		memory, err := r.s.pages.Load(n, r.memory)
		if err != nil {
			return err
		}
		if r.view == nil {
			r.memory, r.view = memory, view(memory, n)
		}
		p = r.view
	}
	rows := min(pageRows, r.s.rows-n*pageRows)
	b.Keys, b.Extras, b.Words = p.keys[:forecast.KeyParts*rows], p.extras[:rows], p.words[:rows]
	b.Amounts, b.Instants, b.Labels = heads(p.amounts, rows), heads(p.instants, rows), heads(p.labels, rows)
	return nil
}

func heads[T any](columns [][]T, rows int) [][]T {
	heads := make([][]T, len(columns))
	for i, c := range columns {
		heads[i] = c[:rows]
	}
	return heads
}

// Label is the text of a label. What goes wrong is in Err.
func (r *Reader) Label(slot int, ref uint32) string {
	text, err := r.label(slot, ref)
	if err != nil && r.err == nil {
		r.err = err
	}
	return text
}

func (r *Reader) label(slot int, ref uint32) (string, error) {
	switch {
	case ref == 0:
		return "", nil
	case ref < longLabel:
		return r.s.labels[slot].Texts[ref-1], nil
	}
	b, err := r.texts.Read(spill.PlaceAt(8*int64(ref-longLabel), 8))
	if err != nil {
		return "", err
	}
	text, err := r.labels.Read(spill.Place(binary.LittleEndian.Uint64(b)))
	return string(text), err
}

// Document is the extra of an entry as users see it, good until the next call. What goes wrong is in Err.
func (r *Reader) Document(place uint64) []byte {
	if place == 0 {
		return nil
	}
	text, err := r.extras.Read(spill.Place(place))
	if err != nil {
		if r.err == nil {
			r.err = err
		}
		return nil
	}
	return extra.Render(text)
}

// Err is why a text could not be read.
func (r *Reader) Err() error { return r.err }
