package forecasts

import (
	"fmt"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// flatColumn is one of the twelve columns of the flat shapes.
type flatColumn uint8

const (
	columnUser flatColumn = iota
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
func columnOf(header string) flatColumn {
	header = strings.Join(strings.Fields(strings.ReplaceAll(header, "_", " ")), " ")
	for c, name := range columnNames {
		if strings.EqualFold(name, header) {
			return flatColumn(c)
		}
	}
	return columns
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
	for _, c := range []flatColumn{columnTimeframe, columnField, columnStartDay, columnDataType, columnDataValue} {
		if s&(1<<c) == 0 {
			missing = append(missing, columnNames[c])
		}
	}
	return missing
}

// A flatCell is one value of a line.
type flatCell struct {
	text string // empty when absent or null
	json bool   // text is a JSON number, boolean, object or list as written, not a string's content
}

func (c flatCell) blank() bool { return strings.TrimSpace(c.text) == "" }

// appendJSON appends the value as JSON.
func (c flatCell) appendJSON(dst []byte) []byte {
	if c.json {
		return append(dst, c.text...)
	}
	dst, _ = jsontext.AppendQuote(dst, c.text) // fails for invalid UTF-8 only, which was replaced before
	return dst
}

// A flatLine is one row of a flat result. Its texts are good until the next one is read.
type flatLine struct {
	unit   string // what number counts: "line" of a CSV file, "row" of a JSON list
	number int    // from 1
	cells  [columns]flatCell
	others []otherCell // columns beyond the twelve
}

type otherCell struct {
	column string // its header
	flatCell
}

// put fills the cell of a column; name is its header where it is none of the twelve.
func (ln *flatLine) put(c flatColumn, name string, value flatCell) {
	if c < columns {
		ln.cells[c] = value
	} else if !value.blank() {
		ln.others = append(ln.others, otherCell{column: name, flatCell: value})
	}
}

func (ln *flatLine) reset() {
	clear(ln.cells[:])
	ln.others = ln.others[:0]
}

// errorf is an error that says where in the result it is.
func (ln *flatLine) errorf(format string, args ...any) error {
	return &MalformedError{Offset: -1, Detail: fmt.Sprintf("%s %d: ", ln.unit, ln.number) + fmt.Sprintf(format, args...)}
}
