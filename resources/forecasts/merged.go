package forecasts

import (
	"fmt"

	"github.com/cq-source-clari/cq-source-clari/resources/table"
)

// merged keeps the rows of one of the small arrays, one a key. Rows of one key fill each other's nulls; where they contradict,
// the export fails like one whose entries do: no value ever takes the place of another unseen.
type merged[K comparable, R any] struct {
	columns []table.Column[R]
	key     func(*R) K
	rows    []*R // in the order of appearance
	index   map[K]*R
}

// add takes a copy of r.
func (m *merged[K, R]) add(r *R) error {
	own := *r
	table.Own(m.columns, &own)
	key := m.key(&own)
	if into := m.index[key]; into != nil {
		if column, ok := table.Merge(m.columns, into, &own); !ok {
			return &ConflictError{Key: fmt.Sprint(key), Column: column}
		}
		return nil
	}
	if m.index == nil {
		m.index = map[K]*R{}
	}
	m.index[key] = &own
	m.rows = append(m.rows, &own)
	return nil
}
