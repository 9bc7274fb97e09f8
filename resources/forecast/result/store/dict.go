package store

import (
	"slices"
	"strings"

	"github.com/cq-source-clari/cq-source-clari/client/scalar"
	"github.com/cq-source-clari/cq-source-clari/resources/extra"
)

// Dict numbers texts from 0 in the order in which they first come. The zero value is empty.
type Dict struct {
	Texts   []string
	bytes   int // of Texts
	numbers map[string]uint32
	ahead   []ahead // by number
	last    uint32
}

// ahead is what is known of a text beforehand.
type ahead struct {
	quoted string // its JSON string, where that is the text in quotes, and it is not empty
	next   uint32 // which one came after it the last time
}

// Full tells whether it has so many texts, or bytes of them.
func (d *Dict) Full(texts, bytes int) bool { return len(d.Texts) >= texts || d.bytes >= bytes }

// Number returns the number of a text, and whether it is new. In most columns a text follows the one that it followed before: that
// is tried first.
func (d *Dict) Number(text []byte) (n uint32, isNew bool) {
	if int(d.last) < len(d.Texts) {
		if n = d.ahead[d.last].next; d.Texts[n] == string(text) {
			d.last = n
			return n, false
		}
	}
	n, known := d.numbers[string(text)]
	if !known {
		text = scalar.Valid(text)
		n, known = d.numbers[string(text)]
	}
	if !known {
		if d.numbers == nil {
			d.numbers = map[string]uint32{}
		}
		n = uint32(len(d.Texts))
		one := ahead{quoted: `"` + string(text) + `"`, next: n}
		own := one.quoted[1 : len(one.quoted)-1]
		if own == "" || strings.ContainsAny(own, `"\\`) {
			one.quoted = ""
		}
		d.numbers[own] = n
		d.Texts = append(d.Texts, own)
		d.bytes += len(own)
		d.ahead = append(d.ahead, one)
	}
	d.ahead[d.last].next = n
	d.last = n
	return n, !known
}

// Ahead returns the number of the text that followed the last one before, and the size in bytes of its JSON string, if document
// begins with that. Where it does, no end needs to be searched for, nothing to be looked up: with it BenchmarkRead takes a sixth to two fifths
// less.
func (d *Dict) Ahead(document []byte) (n uint32, size int) {
	if int(d.last) >= len(d.Texts) {
		return 0, 0
	}
	n = d.ahead[d.last].next
	quoted := d.ahead[n].quoted
	if size = len(quoted); size == 0 || size > len(document) || string(document[:size]) != quoted {
		return 0, 0
	}
	d.last = n
	return n, size
}

// Find returns the number of a text that is known.
func (d *Dict) Find(text string) (uint32, bool) {
	n, ok := d.numbers[text]
	return n, ok
}

// Lookup returns the number of a text if it is known. It takes no copy of others.
func (d *Dict) Lookup(text []byte) (uint32, bool) {
	if int(d.last) < len(d.Texts) {
		if n := d.ahead[d.last].next; d.Texts[n] == string(text) {
			d.last = n
			return n, true
		}
	}
	n, known := d.numbers[string(text)]
	if known {
		d.ahead[d.last].next = n
		d.last = n
	}
	return n, known
}

// Rows are the rows of a small table by the number of their id. A row that nothing but entries mention is not listed.
type Rows[R any] struct {
	IDs    Dict
	All    []R
	Listed []uint32 // in the order in which they were listed
	listed []bool
	setID  func(*R, string)
	extras map[uint32]*extra.Column // of rows that were listed more than once, until Finish
}

// Number returns the number of a row's id, and whether it is new.
func (r *Rows[R]) Number(id []byte) (n uint32, isNew bool) {
	n, isNew = r.IDs.Number(id)
	if isNew {
		var row R
		r.setID(&row, r.IDs.Texts[n])
		r.All = append(r.All, row)
		r.listed = append(r.listed, false)
	}
	return n, isNew
}

// list returns the row of an id, and whether it was listed before.
func (r *Rows[R]) list(id []byte) (n uint32, row *R, before bool) {
	n, _ = r.Number(id)
	before = r.listed[n]
	if !before {
		r.listed[n] = true
		r.Listed = append(r.Listed, n)
	}
	return n, &r.All[n], before
}

// Rename gives row n another id. A row that was listed under that id is from then on row n; no entry may have its number.
func (r *Rows[R]) Rename(n uint32, id string) {
	delete(r.IDs.numbers, r.IDs.Texts[n])
	if was, known := r.IDs.numbers[id]; known {
		if x := r.extras[was]; x != nil {
			r.extras[n] = x
			delete(r.extras, was)
		}
		r.All[n], r.listed[n], r.listed[was] = r.All[was], r.listed[was], false
		if i := slices.Index(r.Listed, was); i >= 0 {
			r.Listed[i] = n
		}
		r.IDs.Texts[was] = "\x00"    // nobody's
		r.IDs.ahead[was].quoted = "" // not foreseen any more either
	}
	r.IDs.numbers[id], r.IDs.Texts[n] = n, id
	r.setID(&r.All[n], id)
}
