package forecasts

import "strings"

// A flatHeader tells which column stands where in the rows below it, in any order.
type flatHeader []place

// A place is what stands at one position.
type place struct {
	column flatColumn // columns where it is none of the twelve
	name   string
}

// newFlatHeader reads the header row. Columns that rows cannot do without must be there, each once.
func newFlatHeader(ln *flatLine, cells []string) (flatHeader, error) {
	var h flatHeader
	var seen columnSet
	names := make(map[string]bool, len(cells))
	for _, name := range cells {
		p := place{column: columnOf(name), name: strings.Clone(strings.TrimSpace(name))}
		if p.column < columns {
			p.name = columnNames[p.column]
			seen |= 1 << p.column
		}
		if names[p.name] {
			return nil, ln.errorf("the header has the column %q twice", clip(p.name))
		}
		names[p.name] = true
		h = append(h, p)
	}
	if missing := seen.missing(); len(missing) > 0 {
		return nil, ln.errorf("the header lacks %s", strings.Join(missing, ", "))
	}
	return h, nil
}

// fill puts the cell at position i of a row where it belongs.
func (h flatHeader) fill(ln *flatLine, i int, value flatCell) {
	ln.put(h[i].column, h[i].name, value)
}
