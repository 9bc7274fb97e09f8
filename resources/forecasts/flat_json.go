package forecasts

import (
	"bytes"
	"context"
	"io"
	"strings"
)

// readFlatJSON hands every row of a JSON list to add. open is what each row starts with: '{' for objects
// whose keys are the columns, '[' for lists below a first one that is the header.
func readFlatJSON(ctx context.Context, r io.Reader, open byte, add func(*flatLine) error) error {
	w := newWindow(ctx, r)
	rows := func() error {
		row := &jsonRow{w: w, line: flatLine{unit: "row"}, open: open}
		if err := w.elements(func() error { return row.read(add) }); err != nil {
			return err
		}
		return row.finish()
	}
	if err := w.slide(0); err != nil {
		return err
	}
	if bytes.HasPrefix(w.b, []byte("\xef\xbb\xbf")) { // byte order mark
		w.i = len("\xef\xbb\xbf")
	}
	ch, err := w.next()
	switch {
	case err != nil:
	case ch == '{':
		err = (&wrapper{w: w, rows: rows}).read(true)
	default:
		err = rows()
	}
	if err != nil {
		return err
	}
	return w.end()
}

// A wrapper is an object around the rows.
type wrapper struct {
	w     *window
	rows  func() error
	found bool
	keys  []string // top-level
}

// read reads the one list of rows in it, or in an object in it, and passes over what else there is.
func (o *wrapper) read(top bool) error {
	err := o.w.members(func(key string) error {
		if top && len(o.keys) < 20 {
			o.keys = append(o.keys, clip(key))
		}
		ch, err := o.w.next()
		switch {
		case err != nil:
			return err
		case isWrapper(key) && ch == '{' && top:
			return o.read(false)
		case !isWrapper(key) || ch != '[':
			return o.w.pass()
		case o.found:
			return &MalformedError{Offset: o.w.offset(), Detail: "rows for the second time, under " + clip(key)}
		}
		o.found = true
		return o.rows()
	})
	if err == nil && top && !o.found {
		return &UnknownShapeError{What: "JSON object", Keys: o.keys}
	}
	return err
}

// jsonRow reads the rows of one list.
type jsonRow struct {
	w      *window
	line   flatLine
	open   byte
	header flatHeader // '[': of the first row

	places map[string]place // '{': by key as written
	seen   columnSet        // '{': in any row
}

func (r *jsonRow) read(add func(*flatLine) error) error {
	r.line.number++
	ch, err := r.w.next()
	switch {
	case err != nil:
		return err
	case ch == '"' && r.line.number == 1:
		return r.line.errorf("one flat list of cell texts: where its rows end cannot be told")
	case ch != r.open:
		return r.line.errorf("want %q, as in the rows before", r.open)
	case r.open == '[' && r.header == nil:
		return r.readHeader()
	case r.open == '[':
		err = r.w.do(r.list)
	default:
		err = r.w.do(r.object)
	}
	if err != nil {
		return err
	}
	return add(&r.line)
}

func (r *jsonRow) readHeader() error {
	var names []string
	err := r.w.do(func() {
		names = names[:0]
		for range r.w.array {
			names = append(names, strings.Clone(r.cell().text))
		}
	})
	if err == nil {
		r.header, err = newFlatHeader(&r.line, names)
	}
	return err
}

// list reads a row below a header. One whose last cell, a blank Data Value, is left out is whole: Clari's API
// reference shows such rows.
func (r *jsonRow) list() {
	r.line.reset()
	n := 0
	for i := range r.w.array {
		value := r.cell()
		if i < len(r.header) {
			r.header.fill(&r.line, i, value)
		}
		n = i + 1
	}
	short := len(r.header) - n
	if short != 0 && !(short == 1 && r.header[n].column == columnDataValue) {
		r.w.fail("row %d: %d cells under a header of %d", r.line.number, n, len(r.header))
	}
}

// object reads a row whose keys are the columns.
func (r *jsonRow) object() {
	r.line.reset()
	var here columnSet
	for key := range r.w.object {
		p, known := r.places[key]
		if !known {
			p = r.place(key)
		}
		value := r.cell()
		if p.column < columns {
			if here&(1<<p.column) != 0 {
				r.w.fail("row %d: the key %q comes twice", r.line.number, p.name)
			}
			here |= 1 << p.column
		}
		r.line.put(p.column, p.name, value)
	}
	r.seen |= here
}

func (r *jsonRow) place(key string) place {
	if r.places == nil {
		r.places = make(map[string]place)
	}
	key = strings.Clone(key)
	p := place{column: columnOf(key), name: key}
	if p.column < columns {
		p.name = columnNames[p.column]
	}
	r.places[key] = p
	return p
}

// cell reads one value. Null is absent.
func (r *jsonRow) cell() flatCell {
	switch r.w.peek() {
	case '"':
		return flatCell{text: r.w.str()}
	case 'n':
		r.w.literal()
		return flatCell{}
	}
	return flatCell{text: alias(r.w.skip()), json: true}
}

// finish checks what only all rows together tell.
func (r *jsonRow) finish() error {
	if r.open != '{' || r.line.number == 0 {
		return nil
	}
	// A key that has no value in any row may be left out of all of them.
	if missing := (r.seen | 1<<columnDataValue | 1<<columnTimeframe).missing(); len(missing) > 0 {
		return &MalformedError{Offset: -1, Detail: "no row has the key " + strings.Join(missing, ", ")}
	}
	return nil
}
