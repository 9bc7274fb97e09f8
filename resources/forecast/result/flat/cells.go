package flat

import (
	"strings"

	"github.com/cq-source-clari/cq-source-clari/client/scalar"
	"github.com/cq-source-clari/cq-source-clari/resources/forecast/result/fault"
)

// Cells reads the only example that Clari's API reference has: one list of cells, those of the header, then row after row. There the
// cell of a value is missing where the value is: what follows the Data Type is then the first cell of the next row.
type Cells struct {
	rows    *Rows
	line    line
	names   []string // of the header, while it comes
	header  header
	pending []cell // not read yet: up to two rows
}

// NewCells reads cells into rows.
func NewCells(rows *Rows) *Cells { return &Cells{rows: rows, line: line{unit: "row", number: 1}} }

// IsCell tells whether a JSON value is the first cell of such a header.
func IsCell(value []byte) bool {
	text, ok := scalar.Text(value)
	return ok && value[0] == '"' && columnOf(text) < columns
}

// Cell takes the next cell.
func (r *Cells) Cell(value []byte) error {
	c := cell{}
	switch text, ok := scalar.Text(value); {
	case ok:
		c = cell{text: []byte(text), json: value[0] != '"'}
	case !scalar.IsNull(value):
		return r.line.errorf("want a list of cells")
	}
	if r.header == nil {
		if name := strings.TrimSpace(string(c.text)); columnOf(name) < columns && len(r.names) < int(columns) {
			r.names = append(r.names, name)
			return nil
		}
		if err := r.begin(); err != nil {
			return err
		}
	}
	if r.pending = append(r.pending, c); len(r.pending) < 2*len(r.header) {
		return nil
	}
	return r.row(false)
}

func (r *Cells) begin() (err error) {
	if r.header, err = newHeader(&r.line, r.names); err != nil {
		return &fault.UnknownShapeError{What: "JSON list"}
	}
	return nil
}

// Finish reads what is left.
func (r *Cells) Finish() error {
	if r.header == nil {
		return r.begin()
	}
	for len(r.pending) > 0 {
		if err := r.row(true); err != nil {
			return err
		}
	}
	return nil
}

// row reads the row that comes next. last says that no more cells come.
func (r *Cells) row(last bool) error {
	r.line.number++
	width := len(r.header)
	size, whole := width, r.begins(width, last)
	if short := width - 1; r.header[short].column == columnDataValue && r.isType(short) && r.begins(short, last) > whole {
		size, whole = short, r.begins(short, last)
	}
	if whole == 0 {
		return r.line.errorf("its cells, or those of the next, do not fit the header")
	}
	r.line.reset()
	for i, c := range r.pending[:size] {
		r.header.fill(&r.line, i, c)
	}
	if err := r.rows.add(&r.line); err != nil {
		return err
	}
	r.pending = r.pending[:copy(r.pending, r.pending[size:])]
	return nil
}

// begins says how much speaks for a row to begin at a cell: its days and its Data Type, 2 where that is a known one, or the end of all.
func (r *Cells) begins(at int, last bool) int {
	if at >= len(r.pending) {
		if last && at == len(r.pending) {
			return 2
		}
		return 0
	}
	score := 0
	for i, p := range r.header {
		if at+i >= len(r.pending) {
			if p.column == columnDataValue && last {
				return score // of the last row
			}
			return 0
		}
		text := string(r.pending[at+i].text)
		switch p.column {
		case columnStartDay:
			if _, ok := parseDay(text); !ok {
				return 0
			}
		case columnDataType:
			_, isFlag := scalar.ParseFlag(text)
			switch {
			case parseDataType(text) != other:
				score = 2
			case text == "" || isAmount(text) || isFlag:
				return 0
			default:
				score = 1
			}
		}
	}
	return score
}

// isType tells whether the cell before one is a known Data Type.
func (r *Cells) isType(at int) bool {
	return at <= len(r.pending) && r.header[at-1].column == columnDataType && parseDataType(string(r.pending[at-1].text)) != other
}
