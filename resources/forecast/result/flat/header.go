package flat

import (
	"bytes"
	"strings"

	"github.com/cq-source-clari/cq-source-clari/resources/forecast/result/fault"
)

// header tells which column stands where in the rows below it, in any order.
type header []place

// A place is what stands at one position.
type place struct {
	column column // columns where it is none of the twelve
	name   string
}

// newHeader reads the header row. Columns that rows cannot do without must be there, each once.
func newHeader(ln *line, cells []string) (header, error) {
	var h header
	var seen columnSet
	names := make(map[string]bool, len(cells))
	for len(cells) > 0 && strings.TrimSpace(cells[len(cells)-1]) == "" {
		cells = cells[:len(cells)-1]
	}
	for _, name := range cells {
		p := place{column: columnOf(name), name: strings.Clone(strings.TrimSpace(name))}
		if p.column < columns {
			p.name = columnNames[p.column]
			seen |= 1 << p.column
		}
		if names[p.name] {
			return nil, ln.errorf("the header has the column %q twice", fault.Clip(p.name))
		}
		names[p.name] = true
		h = append(h, p)
	}
	if missing := seen.missing(); len(missing) > 0 {
		return nil, ln.errorf("the header lacks %s", strings.Join(missing, ", "))
	}
	return h, nil
}

// beyond makes sure that a row has all cells of the header, and beyond them only empty ones.
func (h header) beyond(ln *line, cells [][]byte) error {
	if len(cells) > len(h) && len(bytes.TrimSpace(bytes.Join(cells[len(h):], nil))) == 0 {
		return nil
	}
	return ln.errorf("%d cells under a header of %d", len(cells), len(h))
}

// fill puts the cell at position i of a row where it belongs.
func (h header) fill(ln *line, i int, value cell) {
	ln.put(h[i].column, h[i].name, value)
}
