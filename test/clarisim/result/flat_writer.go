package result

import (
	"bufio"
	"strconv"
	"strings"

	"github.com/cq-source-clari/cq-source-clari/test/clarisim/tenant"
)

// flatColumns are the twelve columns of flat rows, in Clari's order, and one that nobody knows.
var flatColumns = []string{
	"User", "Email", "CRM User ID", "Role", "Parent Role", "Timeframe", "Field", // the head: what a block has in common
	"Week", "Start Day", "End Day", // the span
	"Data Type", "Data Value", // the tail
	extraColumn, // not Clari's
}

const (
	spanColumn = 7
	tailColumn = 10
	moreColumn = 12
	usDay      = "01/02/2006"
)

// A flatWriter writes rows from their three parts, so that what many rows have in common is encoded once.
type flatWriter struct {
	*bufio.Writer
	encoding tenant.Encoding
	extra    bool // there is a thirteenth column
	segment  string
	rows     int
	line     []byte
	err      error
}

func (w *flatWriter) open() {
	if w.encoding != tenant.CSV {
		w.WriteByte('[')
	}
	if w.encoding != tenant.FlatObjects {
		w.end(w.cells(w.begin(), 0, flatColumns[:w.columns()]...))
	}
}

// columns is how many columns there are.
func (w *flatWriter) columns() int {
	if w.extra {
		return moreColumn + 1
	}
	return moreColumn
}

func (w *flatWriter) close() {
	if w.encoding != tenant.CSV {
		w.WriteByte(']')
	}
}

func (w *flatWriter) head(b block) string {
	w.segment = segment(b)
	return string(w.cells(nil, 0, b.Member.Name, b.Email, b.Member.CRMID, b.Role, b.ParentRole, b.FlatLabel, b.Field.Name))
}

func (w *flatWriter) span(week tenant.Week) string {
	return string(w.cells(nil, spanColumn, strconv.Itoa(week.Number), week.First.Format(usDay), week.Last.Format(usDay)))
}

// row writes a row; a blank value may be left out as well as blank, where the encoding allows it.
func (w *flatWriter) row(head, span, kind, value string) {
	line := w.begin()
	line = append(append(line, head...), ',')
	line = append(append(line, span...), ',')
	if value == "" && w.encoding == tenant.FlatObjects && w.rows%2 == 0 {
		line = w.cells(line, tailColumn, kind)
	} else {
		line = w.cells(line, tailColumn, kind, value)
	}
	if w.extra {
		line = w.cells(append(line, ','), moreColumn, w.segment)
	}
	w.end(line)
}

func (w *flatWriter) begin() []byte {
	line := w.line[:0]
	if w.encoding != tenant.CSV && w.rows > 0 {
		line = append(line, ',')
	}
	switch w.encoding {
	case tenant.FlatObjects:
		line = append(line, '{')
	case tenant.FlatLists:
		line = append(line, '[')
	}
	return line
}

func (w *flatWriter) end(line []byte) {
	switch w.encoding {
	case tenant.FlatObjects:
		line = append(line, '}')
	case tenant.FlatLists:
		line = append(line, ']')
	default:
		line = append(line, '\n')
	}
	w.rows++
	w.line = line
	_, w.err = w.Write(line)
}

// cells encodes the values of consecutive columns, the first of them being column number from.
func (w *flatWriter) cells(line []byte, from int, values ...string) []byte {
	for i, value := range values {
		if i > 0 {
			line = append(line, ',')
		}
		switch w.encoding {
		case tenant.CSV:
			line = append(line, csvCell(value)...)
		case tenant.FlatObjects:
			line = append(append(append(line, '"'), flatColumns[from+i]...), `":`...)
			line = appendQuoted(line, value)
		default:
			line = appendQuoted(line, value)
		}
	}
	return line
}

func csvCell(value string) string {
	if !strings.ContainsAny(value, ",\"\r\n") {
		return value
	}
	return `"` + strings.ReplaceAll(value, `"`, `""`) + `"`
}
