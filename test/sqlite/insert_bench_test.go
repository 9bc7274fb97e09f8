package sqlite

import (
	"fmt"
	"testing"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/cloudquery/plugin-sdk/v4/message"
	"github.com/cloudquery/plugin-sdk/v4/schema"
	"github.com/cloudquery/plugin-sdk/v4/types"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
)

// entries is a table as wide as clari_forecast_entries.
func entries() *schema.Table {
	columns := schema.ColumnList{
		schema.CqSyncTimeColumn, schema.CqSourceNameColumn,
		{Name: "_cq_id", Type: types.ExtensionTypes.UUID, NotNull: true, Unique: true, PrimaryKey: true},
		{Name: "exported_at", Type: arrow.FixedWidthTypes.Timestamp_us},
		{Name: "snapshot_date", Type: arrow.FixedWidthTypes.Date32},
		{Name: "is_updated", Type: arrow.FixedWidthTypes.Boolean},
		{Name: "extra", Type: types.ExtensionTypes.JSON},
	}
	for i := range 5 {
		columns = append(columns, schema.Column{Name: fmt.Sprintf("amount_%d", i), Type: arrow.PrimitiveTypes.Float64})
	}
	for i := range 13 {
		columns = append(columns, schema.Column{Name: fmt.Sprintf("text_%d", i), Type: arrow.BinaryTypes.String})
	}
	return &schema.Table{Name: "entries", Columns: columns}
}

// BenchmarkInsert writes records of 5,000 rows and 25 columns; one operation is one row.
func BenchmarkInsert(b *testing.B) {
	const rows = 5000
	p, _ := started(b, Spec{})
	table := entries()
	builder := array.NewRecordBuilder(memory.DefaultAllocator, table.ToArrowSchema())
	messages := []message.WriteMessage{&message.WriteMigrateTable{Table: table}}
	for written := 0; written < b.N; written += rows {
		for row := range min(rows, b.N-written) {
			for _, column := range builder.Fields() {
				switch column := column.(type) {
				case *array.TimestampBuilder:
					column.AppendTime(time.Unix(1_700_000_000, 0))
				case *array.StringBuilder:
					column.Append(fmt.Sprintf("text of row %d", row%500))
				case *types.UUIDBuilder:
					column.Append(uuid.New())
				case *array.Date32Builder:
					column.Append(20_000)
				case *array.BooleanBuilder:
					column.Append(row%2 == 0)
				case *array.Float64Builder:
					column.Append(float64(row) + 0.25)
				default:
					column.AppendNull()
				}
			}
		}
		messages = append(messages, &message.WriteInsert{Record: builder.NewRecord()})
	}
	b.ResetTimer()
	b.ReportAllocs()
	require.NoError(b, p.WriteAll(b.Context(), messages))
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}
