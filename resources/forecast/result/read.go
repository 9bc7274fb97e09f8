package result

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/cq-source-clari/cq-source-clari/resources/document"
	"github.com/cq-source-clari/cq-source-clari/resources/forecast/result/arrays"
	"github.com/cq-source-clari/cq-source-clari/resources/forecast/result/fault"
	"github.com/cq-source-clari/cq-source-clari/resources/forecast/result/flat"
	"github.com/cq-source-clari/cq-source-clari/resources/forecast/result/store"
)

// reading is a result while it is read.
type reading struct {
	in     *document.Source
	d      *document.Decoder
	store  *store.Store
	asked  Asked
	arrays *arrays.Reader
	flat   *flat.Rows

	shape   string
	keys    []string        // top-level
	read    map[string]bool // of the five arrays
	wrapped bool            // an empty list stands where rows may
	partial string          // a member that tells of an error, or of more to come
}

// fill reads r to its end into the store.
func (doc *reading) fill(r *bufio.Reader) error {
	err := doc.any(r)
	switch failed := doc.in.Err(); {
	case failed == document.ErrLongValue || err == document.ErrLongValue || err == document.ErrTooDeep:
		return &fault.MalformedError{Offset: doc.in.Value(), Detail: cmp.Or(failed, err).Error()}
	case failed != nil:
		return failed
	case err == nil:
		return nil
	case errors.Is(err, io.ErrUnexpectedEOF) || err == io.EOF:
		return &fault.MalformedError{Offset: doc.in.Offset(), Detail: "it ends too early"}
	}
	if wrong, ok := errors.AsType[*jsontext.SyntacticError](err); ok {
		return &fault.MalformedError{Offset: doc.d.Base() + wrong.ByteOffset, Detail: fault.Clip(wrong.Err.Error())}
	}
	return err
}

func (doc *reading) any(r *bufio.Reader) error {
	head, _ := r.Peek(document.LookAhead)
	var base int64 // bytes before those that the decoder reads
	if bytes.HasPrefix(head, []byte(document.ByteOrderMark)) {
		base = int64(len(document.ByteOrderMark))
		_, _ = r.Discard(len(document.ByteOrderMark)) // it is there
		head = head[base:]
	}
	first := bytes.TrimLeft(head, " \t\r\n")
	switch {
	case len(first) == 0:
		return io.EOF
	case first[0] == '{' || first[0] == '[':
		doc.d = document.NewDecoder(doc.in, r, base)
		return doc.json(first[0])
	case flat.IsCSV(string(first)):
		doc.shape, doc.flat = shapeCSV, doc.newFlat()
		return doc.flat.CSV(r)
	}
	if name := flat.OtherSeparator(string(first)); name != "" {
		return &fault.SeparatorError{Name: name}
	}
	what := "text"
	if first[0] == '<' {
		what = "HTML page"
	}
	return &fault.UnknownShapeError{What: what}
}

func (doc *reading) newFlat() *flat.Rows {
	return flat.New(doc.store, doc.asked.Period, doc.asked.Locale)
}

func (doc *reading) json(first byte) error {
	if first == '[' {
		if err := doc.rows(""); err != nil {
			return err
		}
		if doc.shape == "" && !doc.wrapped {
			return &fault.UnknownShapeError{What: "JSON list"}
		}
	} else if err := doc.object(true); err != nil {
		return err
	}
	if err := doc.end(); err != nil {
		return err
	}
	switch {
	case doc.read["entries"]:
		doc.shape = shapeArrays
	case doc.shape == "" && doc.wrapped:
		doc.shape, doc.flat = shapeFlatObjects, doc.newFlat()
	}
	if doc.shape == "" || doc.partial != "" && doc.store.Len() == 0 {
		return &fault.UnknownShapeError{What: "JSON object", Keys: doc.keys}
	}
	if doc.arrays != nil && doc.flat != nil {
		return fault.Malformed("it holds two results: rows, and the five arrays")
	}
	return nil
}

// end makes sure that nothing follows.
func (doc *reading) end() error {
	at := doc.d.At()
	_, err := doc.d.ReadToken()
	switch {
	case err == io.EOF && doc.in.Err() == nil:
		return nil
	case err == nil || errors.As(err, new(*jsontext.SyntacticError)):
		return &fault.MalformedError{Offset: at, Detail: "something follows its end"}
	}
	return err
}

// object walks through the document, and through what may wrap its arrays.
func (doc *reading) object(top bool) error {
	if _, err := doc.d.ReadToken(); err != nil {
		return err
	}
	for doc.d.Peek() == '"' {
		name, err := doc.d.ReadToken()
		if err != nil {
			return err
		}
		key := name.String()
		if top && len(doc.keys) < 20 {
			doc.keys = append(doc.keys, fault.Clip(key))
		}
		if err := doc.member(key, top); err != nil {
			return err
		}
	}
	_, err := doc.d.ReadToken()
	return err
}

func (doc *reading) member(key string, top bool) error {
	kind := doc.d.Peek()
	switch key {
	case "entries", "users", "fields", "timePeriods", "timeFrames":
		return doc.array(key, kind)
	case "data", "rows", "records", "results": // what may wrap them
		switch {
		case kind == '{' && top:
			return doc.object(false)
		case kind == '[':
			return doc.rows(key)
		}
	}
	if known, partial, err := doc.d.Partial(key); known || err != nil {
		if partial {
			doc.partial = cmp.Or(doc.partial, key)
		}
		return err
	}
	doc.store.Odd.Label("member", key)
	return doc.d.Skip()
}

// elements reads the elements of the list that comes, which must begin with open.
func (doc *reading) elements(open jsontext.Kind, read func(value []byte) error) error {
	if _, err := doc.d.ReadToken(); err != nil {
		return err
	}
	for {
		switch kind := doc.d.Peek(); {
		case kind == ']' || kind == 0:
			_, err := doc.d.ReadToken()
			return err
		case open != 0 && kind != open:
			if _, err := doc.d.ReadValue(); err != nil {
				return err
			}
			return &fault.MalformedError{Offset: doc.in.Value(), Detail: fmt.Sprintf("want '%c'", open)}
		}
		value, err := doc.d.Value()
		if err == nil {
			err = read(value)
		}
		if err != nil {
			return err
		}
	}
}

func (doc *reading) array(name string, kind jsontext.Kind) error {
	if doc.read[name] {
		return &fault.MalformedError{Offset: doc.in.Value(), Detail: name + " comes twice"}
	}
	doc.read[name] = true
	if doc.arrays == nil {
		doc.arrays = arrays.New(doc.store, doc.asked.Period)
	}
	if kind != '[' {
		value, err := doc.d.ReadValue()
		if err == nil && string(value) != "null" {
			err = &fault.MalformedError{Offset: doc.in.Value(), Detail: name + ": want '['"}
		}
		return err
	}
	read := map[string]func([]byte) error{
		"entries": doc.arrays.Entry, "users": doc.arrays.User, "fields": doc.arrays.Field,
		"timePeriods": doc.arrays.TimePeriod, "timeFrames": doc.arrays.TimeFrame,
	}[name]
	here := func(err error) error {
		if wrong, ok := err.(*fault.MalformedError); ok && wrong.Offset < 0 {
			return &fault.MalformedError{Offset: doc.in.Value(), Detail: wrong.Detail}
		}
		return err
	}
	return doc.elements('{', func(value []byte) error {
		err := read(value)
		if err == nil && name == "entries" {
			err = doc.d.Ahead(doc.arrays.Quick, read)
		}
		return here(err)
	})
}

// rows reads a list if it is one of flat rows, and else passes over it, as over any member of this name.
func (doc *reading) rows(name string) error {
	read := func([]byte) error { return nil }
	finish := func() error {
		if name != "" {
			doc.store.Odd.Label("member", name)
		}
		return nil
	}
	n := 0
	err := doc.elements(0, func(value []byte) error {
		if n++; n == 1 && (flat.IsCell(value) || flat.IsRow(value)) {
			if doc.flat != nil {
				return fault.Malformed("rows for the second time")
			}
			doc.shape, doc.flat = shapeFlatLists, doc.newFlat()
			if value[0] == '"' {
				cells := flat.NewCells(doc.flat)
				read, finish = cells.Cell, cells.Finish
			} else {
				rows := flat.NewJSON(doc.flat, value[0])
				read, finish = rows.Row, rows.Finish
			}
			if value[0] == '{' {
				doc.shape = shapeFlatObjects
			}
		}
		return read(value)
	})
	if n == 0 {
		doc.wrapped = true
	}
	if err != nil || n == 0 {
		return err
	}
	return finish()
}

// Read reads a result of any shape from its first byte to its last. An error of r is returned as it is: then nothing is kept, and
// the caller may try again. A fault of the result's form is one that package fault knows; all else that may be wrong is told by
// Check.
func Read(ctx context.Context, r io.Reader, asked Asked) (*Result, error) {
	doc := &reading{in: document.NewSource(ctx, r), store: store.New(), asked: asked, read: map[string]bool{}}
	err := doc.fill(bufio.NewReaderSize(doc.in, document.LookAhead))
	if err == nil && doc.flat != nil {
		err = doc.flat.Settle()
	}
	var read *Result
	if err == nil {
		read, err = doc.result(ctx)
	}
	if err != nil {
		doc.store.Close()
		return nil, err
	}
	return read, nil
}
