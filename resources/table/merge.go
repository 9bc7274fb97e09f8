package table

// Merge fills the null cells of into from those of from, a row with the same key. No cell is ever overwritten: of a value that
// contradicts, conflict is told the column's name and the value's text, as the SDK prints it.
func Merge[R any](columns []Column[R], into, from *R, conflict func(column string, text []byte)) {
	for i := range columns {
		if c := &columns[i]; c.merge != nil && !c.merge(into, from) {
			conflict(c.Name, c.text(nil, from))
		}
	}
}
