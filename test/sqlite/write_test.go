package sqlite

import (
	"context"
	"fmt"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/cloudquery/plugin-sdk/v4/message"
	"github.com/cloudquery/plugin-sdk/v4/schema"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"
)

// keyed is a table with a primary key and one more column.
func keyed(name string) *schema.Table {
	return &schema.Table{Name: name, Columns: schema.ColumnList{
		{Name: "key", Type: arrow.BinaryTypes.String, PrimaryKey: true},
		{Name: "value", Type: arrow.BinaryTypes.String},
	}}
}

func insertOf(t *testing.T, table *schema.Table, values ...string) *message.WriteInsert {
	return &message.WriteInsert{Record: rowOf(t, table, values...)}
}

// TestBuffer shows what the real destinations do with rows that wait for their batch to fill.
func TestBuffer(t *testing.T) {
	table := keyed("rows")
	tests := []struct {
		name   string
		after  []message.WriteMessage // sent after the rows
		cancel bool
		want   int64
	}{
		{name: "stream closed", want: 3},
		{name: "stream cancelled", cancel: true, want: 0},
		{name: "migrate again, then cancelled", after: []message.WriteMessage{&message.WriteMigrateTable{Table: table}}, cancel: true, want: 3},
		{name: "migrate another table, then cancelled", after: []message.WriteMessage{&message.WriteMigrateTable{Table: keyed("other")}}, cancel: true, want: 3},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			p, path := started(t, Spec{})
			write(t, p, &message.WriteMigrateTable{Table: table})

			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			messages, done := make(chan message.WriteMessage), make(chan error)
			go func() { done <- p.Write(ctx, messages) }()
			for i := range 3 {
				messages <- insertOf(t, table, fmt.Sprintf("%q", fmt.Sprint(i)), `"v"`)
			}
			for _, m := range test.after {
				messages <- m
				// An empty insert is taken off the channel only once the writer is done with what came before.
				messages <- &message.WriteInsert{Record: rowOf(t, table, `"x"`, `"x"`).NewSlice(0, 0)}
			}
			if test.cancel {
				cancel()
			}
			close(messages)
			if err := <-done; test.cancel && test.want == 0 {
				require.ErrorIs(t, err, context.Canceled)
			}
			require.Equal(t, []any{test.want}, query(t, path, "SELECT count(*) FROM rows"))
		})
	}
}

func TestBatchSize(t *testing.T) {
	table := keyed("rows")
	p, path := started(t, Spec{BatchSize: 2})
	write(t, p, &message.WriteMigrateTable{Table: table})
	ctx, cancel := context.WithCancel(t.Context())
	messages, done := make(chan message.WriteMessage), make(chan error)
	go func() { done <- p.Write(ctx, messages) }()
	for i := range 5 {
		messages <- insertOf(t, table, fmt.Sprintf("%q", fmt.Sprint(i)), `"v"`)
	}
	cancel()
	close(messages)
	require.ErrorIs(t, <-done, context.Canceled)
	require.Equal(t, []any{int64(4)}, query(t, path, "SELECT count(*) FROM rows"), "two whole batches, the fifth row lost")
}

func TestOverwrite(t *testing.T) {
	table := keyed("rows")
	p, path := started(t, Spec{})
	write(t, p, &message.WriteMigrateTable{Table: table},
		insertOf(t, table, `"a"`, `"old"`), insertOf(t, table, `"b"`, `"kept"`), insertOf(t, table, `"a"`, `"new"`))
	require.Equal(t, []any{"a new", "b kept"}, query(t, path, "SELECT key || ' ' || value FROM rows ORDER BY 1"))

	t.Run("only by the key of the table", func(t *testing.T) {
		other := keyed("rows")
		other.Columns[0].PrimaryKey, other.Columns[1].PrimaryKey = false, true
		err := p.WriteAll(t.Context(), []message.WriteMessage{insertOf(t, other, `"c"`, `"new"`)})
		require.ErrorContains(t, err, "ON CONFLICT clause does not match")
	})
	t.Run("append needs a table without key", func(t *testing.T) {
		plain := keyed("rows")
		plain.Columns[0].PrimaryKey = false
		err := p.WriteAll(t.Context(), []message.WriteMessage{insertOf(t, plain, `"a"`, `"again"`)})
		require.ErrorContains(t, err, "UNIQUE constraint failed")
	})
}

func TestMigrate(t *testing.T) {
	p, path := started(t, Spec{})
	table := keyed("rows")
	write(t, p, &message.WriteMigrateTable{Table: table}, insertOf(t, table, `"a"`, `"1"`))

	tests := []struct {
		name   string
		column int
		change func(*schema.Column)
		want   string
	}{
		{"not null", 1, func(c *schema.Column) { c.NotNull = true }, "column value: not null constraint added"},
		{"type", 1, func(c *schema.Column) { c.Type = arrow.PrimitiveTypes.Float64 }, "column value: type changed from TEXT to REAL"},
		{"type of the same affinity", 1, func(c *schema.Column) { c.Type = arrow.FixedWidthTypes.Date32 }, "column value: type changed from TEXT to DATE32_TEXT"},
		{"key", 0, func(c *schema.Column) { c.PrimaryKey = false }, "column key: primary key changed"},
		{"key renamed", 0, func(c *schema.Column) { c.Name = "id" }, "column id: not null, unique or key column added; column key: not null or key column removed"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			changed := keyed("rows")
			test.change(&changed.Columns[test.column])
			err := p.WriteAll(t.Context(), []message.WriteMessage{&message.WriteMigrateTable{Table: changed}})
			require.ErrorContains(t, err, "migrate table rows: needs migrate_mode: forced, which drops its rows: "+test.want)
			require.Equal(t, []any{int64(1)}, query(t, path, "SELECT count(*) FROM rows"))
		})
	}
	t.Run("added, then gone again", func(t *testing.T) {
		wider := keyed("rows")
		wider.Columns = append(wider.Columns, schema.Column{Name: `odd "name"`, Type: arrow.PrimitiveTypes.Float64})
		write(t, p, &message.WriteMigrateTable{Table: wider}, insertOf(t, wider, `"b"`, `"2"`, `2.5`), &message.WriteMigrateTable{Table: table})
		require.Equal(t, []any{nil, 2.5}, query(t, path, `SELECT "odd ""name""" FROM rows ORDER BY key`))
	})
	t.Run("forced", func(t *testing.T) {
		plain := keyed("rows")
		plain.Columns[0].PrimaryKey = false
		write(t, p, &message.WriteMigrateTable{Table: plain, MigrateForce: true}, insertOf(t, plain, `"a"`, `"1"`), insertOf(t, plain, `"a"`, `"1"`))
		require.Equal(t, []any{int64(2)}, query(t, path, "SELECT count(*) FROM rows"))
	})
}

// TestConcurrent writes through several streams at once while reading, as a sync and the state client do.
func TestConcurrent(t *testing.T) {
	const streams, flushes = 4, 20
	p, path := started(t, Spec{})
	state := keyed("state")
	write(t, p, &message.WriteMigrateTable{Table: state})
	var group errgroup.Group
	for stream := range streams {
		group.Go(func() error {
			for i := range flushes {
				record := insertOf(t, state, fmt.Sprintf(`"%d/%d"`, stream, i), `"v"`)
				if err := p.WriteAll(t.Context(), []message.WriteMessage{record}); err != nil {
					return err
				}
			}
			return nil
		})
	}
	for range flushes {
		read(t, p, state)
	}
	require.NoError(t, group.Wait())
	require.Equal(t, []any{int64(streams * flushes)}, query(t, path, "SELECT count(*) FROM state"))
}
