package forecasts

import (
	"encoding/json"
	"iter"
	"slices"

	"github.com/cq-source-clari/cq-source-clari/resources/table"
)

// pick makes one cell of the texts that the rows of one person, week or period have in a column: the first that is not empty.
// Others that differ are kept for extra, under the column's header.
func pick(x *extras, c flatColumn, texts iter.Seq[string]) table.Opt[string] {
	var found []string
	for text := range texts {
		if text != "" && !slices.Contains(found, text) {
			found = append(found, text)
		}
	}
	if len(found) == 0 {
		return table.Opt[string]{}
	}
	if others := found[1:]; len(others) > 0 {
		list, _ := json.Marshal(others) // strings cannot fail
		x.keep(columnNames[c], list)
	}
	return table.Some(found[0])
}

func each[T any](of []T, text func(T) string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for _, v := range of {
			if !yield(text(v)) {
				return
			}
		}
	}
}
