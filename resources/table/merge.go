package table

// Merge fills the null cells of into from those of from, a row with the same key. No cell is ever overwritten: where both
// rows have a value and the values differ it returns the column's name and false.
func Merge[R any](columns []Column[R], into, from *R) (conflict string, ok bool) {
	for i := range columns {
		if c := &columns[i]; c.merge != nil && !c.merge(into, from) {
			return c.Name, false
		}
	}
	return "", true
}

// Own makes r independent of memory that its cells point into.
func Own[R any](columns []Column[R], r *R) {
	for i := range columns {
		if own := columns[i].own; own != nil {
			own(r)
		}
	}
}
