package forecasts

import (
	"encoding/binary"
	"strings"

	"github.com/cq-source-clari/cq-source-clari/client/fiscal"
)

// A flatBuffer brings together the rows of one entry, which may stand anywhere in a result. Texts are
// numbers into small tables, so that an entry costs 64 bytes and 11 to 21 for finding it again; a value for extra is 16 more.
type flatBuffer struct {
	people  flatPeople
	weeks   flatWeeks
	fields  dict
	types   flatTypes
	symbols dict // of currencies
	entries flatEntries
	extras  flatExtras

	asked string // period asked for, for errors
	key   []byte
}

func newFlatBuffer(asked string) *flatBuffer {
	b := &flatBuffer{asked: asked}
	_, quarter := fiscal.Parse(asked)
	b.weeks.keepQuarters = asked != "" && !quarter
	return b
}

// add takes in one row.
func (b *flatBuffer) add(ln *flatLine) error {
	for c := range columnDataValue {
		if value := ln.cells[c]; value.json && (value.text[0] == '{' || value.text[0] == '[') {
			return ln.errorf("%s is not a text", columnNames[c])
		}
	}
	person, err := b.people.find(b.join(ln, columnUser, columnEmail, columnCRMUserID, columnRole, columnParentRole), ln)
	if err != nil {
		return err
	}
	week, err := b.weeks.find(b.join(ln, columnTimeframe, columnWeek, columnStartDay, columnEndDay), ln)
	if err != nil {
		return err
	}
	if ln.cells[columnField].blank() {
		return ln.errorf("no %s", columnNames[columnField])
	}
	field, _ := b.fields.number(strings.TrimSpace(ln.cells[columnField].text))
	person.newest = max(person.newest, week.day)
	e := b.entries.find(flatKey{user: person.id, field: field, period: week.period, frame: week.frame})
	return b.fill(e, ln)
}

// join writes cells one after the other, each behind its length, so that no two rows of different cells look the same. It is
// good until the next call.
func (b *flatBuffer) join(ln *flatLine, of ...flatColumn) string {
	b.key = b.key[:0]
	for _, c := range of {
		b.key = binary.AppendUvarint(b.key, uint64(len(ln.cells[c].text)))
		b.key = append(b.key, ln.cells[c].text...)
	}
	return alias(b.key)
}
