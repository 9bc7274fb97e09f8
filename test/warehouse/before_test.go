package warehouse

import (
	"fmt"
	"testing"
	"testing/synctest"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/cloudquery/plugin-sdk/v4/message"
	"github.com/cloudquery/plugin-sdk/v4/schema"
	"github.com/cloudquery/plugin-sdk/v4/types"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/cq-source-clari/cq-source-clari/resources/destination"
	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
)

// TestBigQueryWithoutItsSettings: the example of before named no batch size. The sync ends well, and most rows are gone.
func TestBigQueryWithoutItsSettings(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, ok := destination.For("cloudquery/bigquery")
		require.True(t, ok)
		p.Settings = nil
		w := newSetup(t, sim.Config{Tenant: sim.Tenant{People: 120, Tabs: []sim.Tab{{ID: "net_arr", Fields: sim.Fields(12)}}}}, twoQuarters)
		w.sinks = []*sink{newSink(p)}
		w.sync()
		require.Equal(t, 34_560, w.sentRows(entries))
		require.Greater(t, w.sinks[0].lost[entries], 20_000)
		require.ErrorIs(t, w.sinks[0].refused[0], errTooLarge)
	})
}

// table has a key, a text and a document.
var table = &schema.Table{Name: "t", Columns: schema.ColumnList{
	{Name: "_cq_id", Type: types.ExtensionTypes.UUID, PrimaryKey: true, NotNull: true}, {Name: "extra", Type: types.ExtensionTypes.JSON},
}}

// record has a row for each number, of which it makes a key; document is in all of them.
func record(document string, numbers ...int) arrow.Record {
	b := array.NewRecordBuilder(memory.DefaultAllocator, table.ToArrowSchema())
	for _, n := range numbers {
		b.Field(0).(*types.UUIDBuilder).Append(uuid.NewSHA1(uuid.UUID{}, fmt.Append(nil, n)))
		b.Field(1).(*types.JSONBuilder).AppendBytes([]byte(document))
	}
	return b.NewRecord()
}

// TestSinksRefuse: each rule of each destination, with rows that this plugin does not send. The writers that only log report nothing.
func TestSinksRefuse(t *testing.T) {
	tests := []struct {
		name, destination string
		syncs             [][]arrow.Record
		there             int
		lost              int
		refused           error // by the sink
		fails             bool  // so does the sync
	}{
		{"a key in two records", "duckdb", [][]arrow.Record{{record(`{}`, 1, 2), record(`{}`, 2, 3)}}, 0, 4, errKeyTwice, false},
		{"a key in two syncs", "duckdb", [][]arrow.Record{{record(`{}`, 1, 2)}, {record(`{}`, 2, 3)}}, 3, 0, nil, false},
		{"a new key in two records", "snowflake", [][]arrow.Record{{record(`{}`, 1, 2), record(`{}`, 2, 3)}}, 4, 0, nil, false},
		{
			"an old key in two records", "snowflake",
			[][]arrow.Record{{record(`{}`, 2)}, {record(`{}`, 1, 2), record(`{}`, 2, 3)}},
			1, 4,
			errKeyTwice, false,
		},
		{"a key in two records", "sqlite", [][]arrow.Record{{record(`{}`, 1, 2), record(`{}`, 2, 3)}}, 3, 0, nil, false},
		{"a key in two records", "clickhouse", [][]arrow.Record{{record(`{}`, 1, 2), record(`{}`, 2, 3)}}, 4, 0, nil, false},
		{"NUL in a key", "postgresql", [][]arrow.Record{{record(`{"a\u0000":1}`, 1)}}, 0, 1, errNUL, true},
		{"NUL in a value", "postgresql", [][]arrow.Record{{record(`{"a":"\u0000"}`, 1)}}, 1, 0, nil, false},
		{"no JSON", "s3", [][]arrow.Record{{record(`{`, 1)}}, 0, 1, errValue, false},
	}
	for _, test := range tests {
		t.Run(test.destination+" "+test.name, func(t *testing.T) {
			p, ok := destination.For("cloudquery/" + test.destination)
			require.True(t, ok)
			s := newSink(p)
			failed := false
			for _, records := range test.syncs {
				d := deliver(s, sizeOf(p))
				d.send(&message.SyncMigrateTable{Table: table})
				for _, r := range records {
					d.send(&message.SyncInsert{Record: r})
				}
				failed = d.close() != nil || failed
			}
			require.Equal(t, test.there, s.rows()[table.Name])
			require.Equal(t, test.lost, s.lost[table.Name])
			require.Equal(t, test.fails, failed)
			if test.refused == nil {
				require.Empty(t, s.refused)
			} else {
				require.Len(t, s.refused, 1)
				require.ErrorIs(t, s.refused[0], test.refused)
			}
		})
	}
}

// TestNoTable: rows that come before their table are refused by all.
func TestNoTable(t *testing.T) {
	for _, p := range destination.Profiles() {
		s := newSink(p)
		require.ErrorIs(t, s.insert("t", []arrow.Record{record(`{}`, 1)}), errNoTable)
	}
}
