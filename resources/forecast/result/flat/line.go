package flat

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/cq-source-clari/cq-source-clari/resources/forecast/result/fault"
)

// column is one of the twelve columns of the flat shapes.
type column uint8

const (
	columnUser column = iota
	columnEmail
	columnCRMUserID
	columnRole
	columnParentRole
	columnTimeframe
	columnField
	columnWeek
	columnStartDay
	columnEndDay
	columnDataType
	columnDataValue
	columns // how many there are
)

// columnNames are the headers, in the order of Clari's API reference.
var columnNames = [columns]string{
	"User", "Email", "CRM User ID", "Role", "Parent Role", "Timeframe", "Field", "Week", "Start Day", "End Day", "Data Type", "Data Value",
}

// columnOf finds the column of a header, compared without case; columns when it is none of the twelve. An
// underscore counts as a space.
func columnOf(header string) column {
	header = strings.Join(strings.Fields(strings.ReplaceAll(header, "_", " ")), " ")
	for c, name := range columnNames {
		if strings.EqualFold(name, header) {
			return column(c)
		}
	}
	return columns
}

// IsHeader tells whether a name is one of the columns by which flat rows are known from other tables of people.
func IsHeader(name string) bool {
	c := columnOf(name)
	return c == columnDataType || c == columnDataValue
}

// columnSet has a bit for each of the twelve columns.
type columnSet uint16

// missing names the columns that rows cannot do without and that the set lacks. Any one of User, Email
// and CRM User ID names a person.
func (s columnSet) missing() []string {
	var missing []string
	if s&(1<<columnUser|1<<columnEmail|1<<columnCRMUserID) == 0 {
		missing = append(missing, columnNames[columnUser])
	}
	for _, c := range []column{columnTimeframe, columnField, columnStartDay, columnDataType, columnDataValue} {
		if s&(1<<c) == 0 {
			missing = append(missing, columnNames[c])
		}
	}
	return missing
}

// cell is one value of a line.
type cell struct {
	text []byte // empty when absent or null
	json bool   // text is a JSON number, boolean, object or list as written, not a string's content
}

func (c cell) blank() bool { return len(bytes.TrimSpace(c.text)) == 0 }

// appendJSON appends the value as JSON.
func (c cell) appendJSON(dst []byte) []byte {
	if c.json {
		return append(dst, c.text...)
	}
	dst, _ = jsontext.AppendQuote(dst, c.text) // fails for invalid UTF-8 only, which it replaces
	return dst
}

// line is one row of a flat result. Its texts are good until the next one is read.
type line struct {
	unit   string // what number counts: "line" of a CSV file, "row" of a JSON list
	number int    // from 1
	cells  [columns]cell
	others []otherCell // columns beyond the twelve
}

type otherCell struct {
	column string // its header
	cell
}

// put fills the cell of a column; name is its header where it is none of the twelve.
func (ln *line) put(c column, name string, value cell) {
	if c < columns {
		ln.cells[c] = value
	} else if !value.blank() {
		ln.others = append(ln.others, otherCell{column: name, cell: value})
	}
}

func (ln *line) reset() {
	clear(ln.cells[:])
	ln.others = ln.others[:0]
}

// keep is a copy of the text of a cell, without space around it.
func (ln *line) keep(c column) string {
	return strings.ToValidUTF8(string(bytes.TrimSpace(ln.cells[c].text)), "\uFFFD")
}

// errorf is an error that says where in the result it is.
func (ln *line) errorf(format string, args ...any) error {
	return &fault.MalformedError{Offset: -1, Detail: fmt.Sprintf("%s %d: ", ln.unit, ln.number) + fmt.Sprintf(format, args...)}
}
