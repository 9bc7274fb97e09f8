package flat

import (
	"bytes"
	"slices"
	"strings"

	"github.com/cq-source-clari/cq-source-clari/client/scalar"
	"github.com/cq-source-clari/cq-source-clari/resources/forecast/result/fault"
	"github.com/cq-source-clari/cq-source-clari/resources/forecast/result/store"
)

// JSON reads the rows of one JSON list: objects whose keys are the columns, or lists below a first one that is the header.
type JSON struct {
	rows   *Rows
	open   byte // what each row begins with
	line   line
	arena  []byte
	header header // '[': of the first row

	keys   store.Dict              // '{': as they are between their quotes
	places []place                 // '{': by number of the key
	seen   columnSet               // '{': in any row
	last   [columnDataValue][]byte // '{': JSON strings of the last row, those without escapes
}

// What of the different keys of rows is remembered. A result has twelve.
const (
	maxKeys     = 1 << 10
	maxKeyBytes = 1 << 20
)

// NewJSON reads rows that begin with open, '{' or '['.
func NewJSON(rows *Rows, open byte) *JSON {
	return &JSON{rows: rows, open: open, line: line{unit: "row"}, arena: make([]byte, 0, 4<<10)}
}

// Row reads one element of the list.
func (r *JSON) Row(value []byte) error {
	r.line.number++
	r.arena = r.arena[:0]
	switch {
	case value[0] != r.open:
		return r.line.errorf("want %q, as in the rows before", r.open)
	case r.open == '[' && r.header == nil:
		return r.readHeader(value)
	}
	read := r.object
	if r.open == '[' {
		read = r.list
	}
	if err := read(value); err != nil {
		return err
	}
	return r.rows.add(&r.line)
}

func (r *JSON) readHeader(value []byte) (err error) {
	var names []string
	for name := range scalar.Elements(value) {
		names = append(names, strings.ToValidUTF8(string(r.cell(name).text), "\uFFFD"))
	}
	r.header, err = newHeader(&r.line, names)
	return err
}

// list reads a row below a header. One whose last cell, a blank Data Value, is left out is whole: Clari's API
// reference shows such rows.
func (r *JSON) list(value []byte) error {
	r.line.reset()
	n := 0
	for value := range scalar.Elements(value) {
		cell := r.cell(value)
		if n < len(r.header) {
			r.header.fill(&r.line, n, cell)
		} else if cell.blank() {
			continue
		}
		n++
	}
	short := len(r.header) - n
	if short != 0 && !(short == 1 && r.header[n].column == columnDataValue) {
		return r.line.errorf("%d cells under a header of %d", n, len(r.header))
	}
	return nil
}

// object reads a row whose keys are the columns.
func (r *JSON) object(value []byte) error {
	r.line.reset()
	var here columnSet
	for i := scalar.SkipSpace(value, 1); value[i] != '}'; {
		p, size := r.place(value[i:])
		if p.column < columns {
			if here&(1<<p.column) != 0 {
				return r.line.errorf("the key %q comes twice", p.name)
			}
			here |= 1 << p.column
		}
		i = scalar.SkipColon(value, i+size)
		cell, size := r.member(p.column, value[i:])
		if cell.json && (cell.text[0] == '{' || cell.text[0] == '[') && scalar.Depth(cell.text) > maxDepth {
			return r.line.errorf("values nest deeper than %d", maxDepth)
		}
		r.line.put(p.column, p.name, cell)
		i = scalar.SkipComma(value, i+size)
	}
	r.seen |= here
	return nil
}

// member reads the value of a column that document begins with, and returns its size in bytes. Most are what they were in the last
// row: to see that costs less than to search for their ends.
func (r *JSON) member(c column, document []byte) (value cell, size int) {
	if c >= columnDataValue {
		size = scalar.SkipValue(document, 0)
		return r.cell(document[:size]), size
	}
	if last := r.last[c]; len(last) > 0 && bytes.HasPrefix(document, last) {
		return cell{text: document[1 : len(last)-1]}, len(last)
	}
	size = scalar.SkipValue(document, 0)
	value = r.cell(document[:size])
	if document[0] == '"' && len(value.text) == size-len(`""`) {
		r.last[c] = append(r.last[c][:0], document[:size]...)
	}
	return value, size
}

// maxDepth is how deep values may nest.
const maxDepth = 1000

// place is that of the key that document begins with, and the size of the key in bytes.
func (r *JSON) place(document []byte) (p place, size int) {
	if n, size := r.keys.Ahead(document); size > 0 {
		return r.places[n], size
	}
	size = scalar.SkipValue(document, 0)
	key := document[1 : size-1]
	if r.keys.Full(maxKeys, maxKeyBytes) {
		if n, known := r.keys.Lookup(key); known {
			return r.places[n], size
		}
		return placeOf(document[:size]), size
	}
	n, isNew := r.keys.Number(key)
	if isNew {
		r.places = append(r.places, placeOf(document[:size]))
	}
	return r.places[n], size
}

func placeOf(quotedKey []byte) place {
	key, _ := scalar.Text(quotedKey)
	p := place{column: columnOf(key), name: key}
	if p.column < columns {
		p.name = columnNames[p.column]
	}
	return p
}

// cell reads one value. Null is absent.
func (r *JSON) cell(value []byte) cell {
	switch value[0] {
	case '"':
		text, _ := scalar.Unquote(value, r.arena[len(r.arena):])
		if len(text) > 0 && &text[0] != &value[1] && cap(r.arena)-len(r.arena) >= len(text) { // it is in there
			r.arena = r.arena[:len(r.arena)+len(text)]
		}
		return cell{text: text}
	case 'n':
		return cell{}
	}
	return cell{text: value, json: true}
}

// Finish checks what only all rows together tell.
func (r *JSON) Finish() error {
	if r.open != '{' || r.line.number == 0 {
		return nil
	}
	// A key that has no value in any row may be left out of all of them.
	if missing := (r.seen | 1<<columnDataValue | 1<<columnTimeframe).missing(); len(missing) > 0 {
		return fault.Malformed("no row has the key %s", strings.Join(missing, ", "))
	}
	return nil
}

// IsRow tells whether a JSON value is a flat row, or the header of such rows.
func IsRow(value []byte) bool {
	switch value[0] {
	case '{':
		for key := range scalar.Members(value) {
			if text, _ := scalar.Text(key); IsHeader(text) {
				return true
			}
		}
	case '[':
		return slices.ContainsFunc(slices.Collect(scalar.Elements(value)), func(name []byte) bool {
			text, ok := scalar.Text(name)
			return ok && name[0] == '"' && IsHeader(text)
		})
	}
	return false
}
