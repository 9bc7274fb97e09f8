// Package forecasts is the tables of forecast exports and how the result of an export is read into them.
//
// A result is read twice. [Inspect] reads it to its end and finds it whole and consistent, or fails; only then does
// [Result.Emit] read it again and hand on its rows. So a bad result never becomes a short table, and memory does not grow with
// the size of a result but by at most 16 bytes an entry, and by its people, fields, periods and weeks.
package forecasts

import (
	"context"

	"github.com/cloudquery/plugin-sdk/v4/schema"

	"github.com/cq-source-clari/cq-source-clari/resources/table"
)

// Schemas are the six tables of forecast exports.
func Schemas(o table.Options) schema.Tables {
	return schema.Tables{
		entriesTable.Schema(o), usersTable.Schema(o), fieldsTable.Schema(o),
		timePeriodsTable.Schema(o), timeFramesTable.Schema(o), exportsTable.Schema(o),
	}
}

// Tables is where rows go. It is safe for concurrent use.
type Tables struct {
	selected func(table string) bool
	options  table.Options
	send     table.Send
}

// NewTables returns the tables whose names are selected. Rows of the others are dropped at no cost.
func NewTables(selected func(table string) bool, o table.Options, send table.Send) *Tables {
	return &Tables{selected: selected, options: o, send: send}
}

// Export sends one row of clari_forecast_exports, in a record of its own.
func (t *Tables) Export(ctx context.Context, o Origin, x *Export) error {
	w := open(t, &exportsTable, o)
	if err := w.Append(ctx, x); err != nil {
		return err
	}
	return w.Flush(ctx)
}

// open returns the writer of a table, nil where the table is not selected.
func open[R any](t *Tables, d *table.Def[shared, R], o Origin) *table.Writer[R] {
	if !t.selected(d.Name) {
		return nil
	}
	return d.Writer(t.options, o.shared(), t.send)
}
