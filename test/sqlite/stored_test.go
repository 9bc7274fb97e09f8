package sqlite

import (
	"database/sql"
	"encoding/json"
	"math"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/cloudquery/plugin-sdk/v4/message"
	"github.com/cloudquery/plugin-sdk/v4/plugin"
	"github.com/cloudquery/plugin-sdk/v4/schema"
	"github.com/cloudquery/plugin-sdk/v4/types"
	"github.com/stretchr/testify/require"
)

// rowOf builds a record of one row from JSON values in the order of the table's columns.
func rowOf(t *testing.T, table *schema.Table, values ...string) arrow.Record {
	t.Helper()
	builder := array.NewRecordBuilder(memory.DefaultAllocator, table.ToArrowSchema())
	for i, v := range values {
		require.NoError(t, builder.Field(i).UnmarshalJSON([]byte("["+v+"]")), table.Columns[i].Name)
	}
	return builder.NewRecord()
}

func read(t *testing.T, p *plugin.Plugin, table *schema.Table) []arrow.Record {
	t.Helper()
	out := make(chan arrow.Record, 1000)
	require.NoError(t, p.Read(t.Context(), table, out))
	close(out)
	var records []arrow.Record
	for record := range out {
		records = append(records, record)
	}
	return records
}

func write(t *testing.T, p *plugin.Plugin, messages ...message.WriteMessage) {
	t.Helper()
	require.NoError(t, p.WriteAll(t.Context(), messages))
}

// query returns the first column of the query's rows, read by a connection of its own.
func query(t *testing.T, path, text string, args ...any) (values []any) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	require.NoError(t, err)
	defer db.Close()
	rows, err := db.QueryContext(t.Context(), text, args...)
	require.NoError(t, err)
	defer rows.Close()
	for rows.Next() {
		var v any
		require.NoError(t, rows.Scan(&v))
		values = append(values, v)
	}
	require.NoError(t, rows.Err())
	return values
}

// TestStored pins how values look to SQL, and that they are read back as they were.
func TestStored(t *testing.T) {
	column := func(name string, typ arrow.DataType) schema.Column { return schema.Column{Name: name, Type: typ} }
	tests := []struct {
		column schema.Column
		json   string // the value as JSON
		stored any
	}{
		{column("text", arrow.BinaryTypes.String), `"Grüße, O'Hara \"x\" \u0000 end"`, "Grüße, O'Hara \"x\" \x00 end"},
		{column("null_like", arrow.BinaryTypes.String), `"(null)"`, "(null)"},
		{column("digits", arrow.BinaryTypes.String), `"007.10"`, "007.10"},
		{column("empty", arrow.BinaryTypes.String), `""`, ""},
		{column("absent", arrow.BinaryTypes.String), `null`, nil},
		{column("yes", arrow.FixedWidthTypes.Boolean), `true`, int64(1)},
		{column("no", arrow.FixedWidthTypes.Boolean), `false`, int64(0)},
		{column("count", arrow.PrimitiveTypes.Int64), `-9223372036854775808`, int64(math.MinInt64)},
		{column("version", arrow.PrimitiveTypes.Uint64), `7`, int64(7)},
		{column("amount", arrow.PrimitiveTypes.Float64), `3000190.1`, 3000190.1},
		{column("whole_amount", arrow.PrimitiveTypes.Float64), `5`, 5.0},
		{column("day", arrow.FixedWidthTypes.Date32), `"2025-02-01"`, "2025-02-01"},
		{column("moment", arrow.FixedWidthTypes.Timestamp_us), `"2025-02-01T09:30:00.000001Z"`, "2025-02-01 09:30:00.000001Z"},
		{column("second", arrow.FixedWidthTypes.Timestamp_us), `"1969-12-31T23:59:59Z"`, "1969-12-31 23:59:59.000000Z"},
		{column("roles", arrow.ListOf(arrow.BinaryTypes.String)), `["a","b \"c\"",null]`, `["a","b \"c\"",null]`},
		{column("none", arrow.ListOf(arrow.BinaryTypes.String)), `[]`, `[]`},
		{column("extra", types.ExtensionTypes.JSON), `{"b":[1.5,null],"a":"<x>"}`, `{"a":"<x>","b":[1.5,null]}`},
		{column("number", types.ExtensionTypes.JSON), `12`, `12`},
		{column("id", types.ExtensionTypes.UUID), `"0f5e6b1c-0000-4000-8000-0123456789ab"`, "0f5e6b1c-0000-4000-8000-0123456789ab"},
	}
	table := &schema.Table{Name: "stored"}
	var values []string
	for _, test := range tests {
		table.Columns = append(table.Columns, test.column)
		values = append(values, test.json)
	}
	p, path := started(t, Spec{})
	record := rowOf(t, table, values...)
	write(t, p, &message.WriteMigrateTable{Table: table}, &message.WriteInsert{Record: record})

	for _, test := range tests {
		t.Run(test.column.Name, func(t *testing.T) {
			require.Equal(t, []any{test.stored}, query(t, path, "SELECT "+quote(test.column.Name)+" FROM stored"))
		})
	}
	t.Run("read back", func(t *testing.T) {
		require.Empty(t, plugin.RecordsDiff(table.ToArrowSchema(), read(t, p, table), []arrow.Record{record}))
	})
	t.Run("functions of SQLite", func(t *testing.T) {
		const text = `SELECT json_extract(extra, '$.b[0]') || ' ' || date(moment, '+1 day') || ' ' || day || ' ' || (SELECT count(*) FROM json_each(roles)) FROM stored`
		require.Equal(t, []any{"1.5 2025-02-02 2025-02-01 3"}, query(t, path, text))
	})
}

func TestSpec(t *testing.T) {
	tests := []struct{ name, spec, want string }{
		{"no path", `{}`, "connection_string is required"},
		{"unknown key", `{"connection_string": "x", "batchsize": 1}`, "batchsize"},
		{"null", `null`, "connection_string is required"},
		{"no such folder", `{"connection_string": "testdata/none/x.sqlite"}`, "open testdata/none/x.sqlite"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			err := Plugin().Init(t.Context(), []byte(test.spec), plugin.NewClientOptions{})
			require.ErrorContains(t, err, test.want)
		})
	}
	t.Run("no connection", func(t *testing.T) {
		p := Plugin()
		require.NoError(t, p.Init(t.Context(), nil, plugin.NewClientOptions{NoConnection: true}))
		require.NoError(t, p.Close(t.Context()))
	})
	t.Run("all keys", func(t *testing.T) {
		var spec Spec
		require.NoError(t, json.NewDecoder(strings.NewReader(
			`{"connection_string": "x", "batch_size": 1, "batch_size_bytes": 2, "batch_timeout": "3s"}`)).Decode(&spec))
		require.Equal(t, "3s", spec.BatchTimeout.Duration().String())
	})
}
