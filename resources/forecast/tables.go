// Package forecast is the tables of forecast exports. Package result reads into them.
package forecast

import (
	"context"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/cloudquery/plugin-sdk/v4/schema"

	"github.com/cq-source-clari/cq-source-clari/resources/table"
)

// ResultTables are the names of the tables whose rows come from an export's result.
var ResultTables = []string{EntriesTable.Name, UsersTable.Name, FieldsTable.Name, TimePeriodsTable.Name, TimeFramesTable.Name}

// Schemas are the six tables of forecast exports.
func Schemas(o table.Options) schema.Tables {
	return schema.Tables{
		EntriesTable.Schema(o), UsersTable.Schema(o), FieldsTable.Schema(o),
		TimePeriodsTable.Schema(o), TimeFramesTable.Schema(o), exportsTable.Schema(o),
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

// Selected tells whether rows of a table are sent.
func (t *Tables) Selected(table string) bool { return t.selected(table) }

// Send hands on a record that was not made by a writer.
func (t *Tables) Send(ctx context.Context, r arrow.Record) error { return t.send(ctx, r) }

// Export sends one row of clari_forecast_exports, in a record of its own.
func (t *Tables) Export(ctx context.Context, o Origin, x *Export) error {
	w := Open(t, &exportsTable, o)
	if err := w.Append(ctx, x); err != nil {
		return err
	}
	return w.Flush(ctx)
}

// Open returns the writer of a table, nil where the table is not selected.
func Open[R any](t *Tables, d *table.Def[shared, R], o Origin) *table.Writer[R] {
	if !t.selected(d.Name) {
		return nil
	}
	return d.Writer(t.options, o.shared(), t.send)
}

// EntryBatches makes records of entries.
type EntryBatches = table.Batches[Entries, *Entries]

// OpenEntries returns what makes records of entries, nil where their table is not selected.
func (t *Tables) OpenEntries(o Origin) *EntryBatches {
	if !t.selected(EntriesTable.Name) {
		return nil
	}
	return table.NewBatches[shared, Entries, *Entries](&EntriesTable, t.options, o.shared())
}
