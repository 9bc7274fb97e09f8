package runner

import (
	"errors"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
	pb "github.com/cloudquery/plugin-pb-go/pb/plugin/v3"
	"github.com/cloudquery/plugin-sdk/v4/schema"
	"github.com/cloudquery/plugin-sdk/v4/types"
	"github.com/stretchr/testify/require"
)

func fakeTable() *schema.Table {
	return &schema.Table{Name: "rows", Columns: schema.ColumnList{
		{Name: "_cq_id", Type: types.ExtensionTypes.UUID, NotNull: true, Unique: true},
		{Name: "id", Type: arrow.PrimitiveTypes.Int64, PrimaryKey: true},
	}}
}

func fakeRecord() arrow.Record {
	builder := array.NewRecordBuilder(memory.DefaultAllocator, fakeTable().ToArrowSchema())
	builder.Field(0).(*types.UUIDBuilder).AppendEmptyValue()
	builder.Field(1).(*array.Int64Builder).Append(1)
	return builder.NewRecord()
}

// TestHandOver plays sources of which each letter is a step: i sends an insert, m a migrate message, . waits half a second.
// What arrives is written down the same way.
func TestHandOver(t *testing.T) {
	record, err := pb.RecordToBytes(fakeRecord())
	require.NoError(t, err)
	table, err := pb.SchemaToBytes(fakeTable().ToArrowSchema())
	require.NoError(t, err)
	failed := errors.New("failed")

	tests := []struct {
		name, source string
		end          error
		want         string
	}{
		{"in order", "miii", io.EOF, "miii"},
		{"migrate overtakes", "mim", io.EOF, "mmi"},
		{"only the last insert is held", "miiim", io.EOF, "miimi"},
		{"still after half a second", "mi.m", io.EOF, "m.mi"},
		{"not after more than one", "mi...m", io.EOF, "m..i.m"},
		{"the next insert starts anew", "mi.i.m", io.EOF, "m.i.mi"},
		{"lost with an error", "mii", failed, "mi"},
		{"barrier", "mii....m..", failed, "mi..i..m.."},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var got strings.Builder
				began, waited := time.Now(), 0
				passed := func() { // writes down the half seconds since then
					for ; time.Since(began) >= time.Duration(waited+1)*time.Second/2; waited++ {
						got.WriteByte('.')
					}
				}
				r := &relay{summary: &Summary{Tables: map[string]int64{}}, send: func(m *pb.Write_Request) error {
					passed()
					got.WriteByte(map[bool]byte{true: 'i', false: 'm'}[m.GetInsert() != nil])
					return nil
				}}
				messages, done := make(chan received), make(chan error)
				go func() { done <- r.run(t.Context(), messages) }()
				for _, step := range test.source {
					switch step {
					case 'i':
						messages <- received{response: &pb.Sync_Response{Message: &pb.Sync_Response_Insert{Insert: &pb.Sync_MessageInsert{Record: record}}}}
					case 'm':
						messages <- received{response: &pb.Sync_Response{Message: &pb.Sync_Response_MigrateTable{MigrateTable: &pb.Sync_MessageMigrateTable{Table: table}}}}
					case '.':
						time.Sleep(time.Second / 2)
						synctest.Wait()
					}
				}
				messages <- received{err: test.end}
				if err := <-done; test.end == io.EOF {
					require.NoError(t, err)
				} else {
					require.ErrorIs(t, err, test.end)
				}
				passed()
				require.Equal(t, test.want, got.String())
			})
		})
	}
}

func TestColumns(t *testing.T) {
	keys := func(sc *arrow.Schema) (names, primary, unique []string) {
		table, err := schema.NewTableFromArrowSchema(sc)
		require.NoError(t, err)
		for _, c := range table.Columns {
			names = append(names, c.Name)
			if c.Unique {
				unique = append(unique, c.Name)
			}
		}
		return names, table.PrimaryKeys(), unique
	}
	tests := []struct {
		name            string
		destination     Destination
		primary, unique []string
	}{
		{"default", Destination{}, []string{"id"}, []string{"_cq_id"}},
		{"overwrite", Destination{WriteMode: "overwrite", PKMode: "default"}, []string{"id"}, []string{"_cq_id"}},
		{"append", Destination{WriteMode: "append", PKMode: "cq-id-only"}, nil, nil},
		{"by _cq_id", Destination{PKMode: "cq-id-only"}, []string{"_cq_id"}, []string{"_cq_id"}},
	}
	now := time.Date(2025, 2, 1, 9, 30, 0, 1000, time.UTC)
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c := newColumns(&test.destination, "clari_1_2", now)
			names, primary, unique := keys(c.schema(fakeRecord().Schema()))
			require.Equal(t, []string{"_cq_sync_time", "_cq_source_name", "_cq_id", "id"}, names)
			require.Equal(t, test.primary, primary)
			require.Equal(t, test.unique, unique)

			record := c.record(fakeRecord())
			require.Equal(t, c.schema(fakeRecord().Schema()), record.Schema())
			require.Equal(t, now, record.Column(0).(*array.Timestamp).Value(0).ToTime(arrow.Microsecond))
			require.Equal(t, "clari_1_2", record.Column(1).(*array.String).Value(0))
			require.EqualValues(t, 1, record.Column(3).(*array.Int64).Value(0))
			require.True(t, record.Schema().Equal(newColumns(&Destination{}, "other", now).record(record).Schema()), "not added twice")
		})
	}
}
