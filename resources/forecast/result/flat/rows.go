// Package flat reads the flat shapes of a result: one row for each person, period, field, week and kind of value, under twelve
// columns named User, Email, ... Data Type, Data Value (Clari's API reference). Rows are written as JSON objects, as JSON lists
// under a header, or as CSV. Those of one entry may stand anywhere.
package flat

import (
	"bytes"
	"encoding/binary"

	"github.com/cq-source-clari/cq-source-clari/client/fiscal"
	"github.com/cq-source-clari/cq-source-clari/client/scalar"
	"github.com/cq-source-clari/cq-source-clari/resources/extra"
	"github.com/cq-source-clari/cq-source-clari/resources/forecast"
	"github.com/cq-source-clari/cq-source-clari/resources/forecast/result/store"
	"github.com/cq-source-clari/cq-source-clari/resources/table"
)

// Rows takes rows into a store.
type Rows struct {
	Types   uint32 // bits of those forecast.Values whose data types were seen
	Read    uint32 // of those that some row has
	Unknown bool   // some data type that is none of them comes with amounts

	to      *store.Store
	people  people
	weeks   weeks
	types   types
	fields  []uint32 // by number: the bits of the values that it has
	locales locales

	key   []byte
	json  []byte
	extra extra.Column
}

// New makes rows of a result of which a period was asked for, empty where Clari chose. locale is how earlier results wrote amounts, empty where none told.
func New(to *store.Store, period, locale string) *Rows {
	r := &Rows{to: to, locales: locales{kept: locale}}
	_, quarter := fiscal.Parse(period)
	r.weeks.keepQuarters = period != "" && !quarter
	return r
}

// List lists the rows of the small tables. period is the one that the result holds; start and end are its days.
func (r *Rows) List(period string, start, end table.Opt[int32]) {
	r.people.list(r.to)
	r.weeks.list(r.to, period, start, end)
	for n, label := range r.to.Fields.IDs.Texts {
		f := forecast.Field{FieldID: label, Name: table.Some(label)}
		if has := r.fields[n]; has&quota != 0 && has&call == 0 {
			f.Type = table.Some("quota")
		}
		r.to.AddField(&f)
	}
}

var call, quota = bitOf("forecast"), bitOf("quota")

func bitOf(dataType string) uint32 { return 1 << parseDataType(dataType) }

// add takes in one row.
func (r *Rows) add(ln *line) error {
	for c := range columnDataValue {
		value := ln.cells[c]
		if value.json && (value.text[0] == '{' || value.text[0] == '[') {
			return ln.errorf("%s is not a text", columnNames[c])
		}
		if len(value.text) > extra.MaxText {
			return ln.errorf("%s is longer than %d bytes", columnNames[c], extra.MaxText)
		}
	}
	person, err := r.people.find(r, ln)
	if err != nil {
		return err
	}
	week, err := r.weeks.find(r.to, r.join(ln.cells[columnTimeframe:columnTimeframe+1], ln.cells[columnWeek:columnEndDay+1]), ln)
	if err != nil {
		return err
	}
	label := bytes.TrimSpace(ln.cells[columnField].text)
	if len(label) == 0 {
		return ln.errorf("no %s", columnNames[columnField])
	}
	field, isNew := r.to.Fields.Number(label)
	if isNew {
		r.fields = append(r.fields, 0)
	}
	person.newest = max(person.newest, week.day)
	row, err := r.to.Row(store.Key{forecast.KeyUser: person.user, forecast.KeyField: field, forecast.KeyFrame: week.frame, forecast.KeyPeriod: week.period})
	if err != nil {
		return err
	}
	return r.fill(row, field, ln)
}

// join writes cells one after the other, each behind its length, so that no two rows of different cells look the same. It is
// good until the next call.
func (r *Rows) join(lists ...[]cell) []byte {
	r.key = r.key[:0]
	for _, cells := range lists {
		for _, c := range cells {
			r.key = binary.AppendUvarint(r.key, uint64(len(c.text)))
			r.key = append(r.key, c.text...)
		}
	}
	return r.key
}

// fill puts the value of a row, and what the row holds beyond the twelve columns, into its entry.
func (r *Rows) fill(row, field uint32, ln *line) error {
	typ := r.types.find(ln.cells[columnDataType].text)
	r.extra.Reset()
	for _, other := range ln.others {
		r.to.Odd.Label("column", other.column)
		r.json = other.appendJSON(r.json[:0])
		r.extra.KeepOf(other.column, typ.name, r.json)
	}
	err := r.value(row, field, typ, ln.cells[columnDataValue])
	if err != nil || r.extra.Empty() {
		return err
	}
	return r.to.Extra(row, &r.extra)
}

func (r *Rows) keep(key string, value cell) {
	r.json = value.appendJSON(r.json[:0])
	r.extra.Keep(key, r.json)
}

func (r *Rows) value(row, field uint32, typ *dataType, value cell) error {
	if typ.value != other {
		r.Types |= 1 << typ.value
	}
	if value.blank() {
		return nil
	}
	if typ.value == other {
		r.to.Odd.Label("data type", typ.name)
		r.Unknown = r.Unknown || isAmount(string(value.text))
		r.keep(typ.name, value)
		return nil
	}
	if forecast.Values[typ.value].Kind == forecast.Flag {
		if yes, ok := scalar.ParseFlag(value.text); ok {
			r.Read |= 1 << typ.value
			return r.to.Flag(row, typ.value, yes)
		}
	} else {
		take := r.amount
		if value.json {
			take = r.number
		}
		if taken, err := take(row, field, typ.value, value.text); taken || err != nil {
			return err
		}
	}
	r.unread(&r.extra, typ.value, typ.name, value)
	return nil
}

// unread keeps and counts a text that its column does not take.
func (r *Rows) unread(to *extra.Column, value int, name string, text cell) {
	r.to.Odd.Value(forecast.Values[value].Name, text.text)
	r.json = text.appendJSON(r.json[:0])
	to.Keep(name, r.json)
}

var codeNumber, symbolNumber = numberOf(forecast.CurrencyCode), numberOf(forecast.CurrencySymbol)

func numberOf(v *forecast.Value) int {
	for i := range forecast.Values {
		if &forecast.Values[i] == v {
			return i
		}
	}
	panic("flat: no such value")
}
