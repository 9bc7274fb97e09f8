package result

import (
	"bytes"
	"context"
	"encoding/json"
	"maps"
	"slices"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/cloudquery/plugin-sdk/v4/message"
	"github.com/cloudquery/plugin-sdk/v4/scheduler"
	"github.com/cloudquery/plugin-sdk/v4/schema"
	"github.com/google/go-cmp/cmp"

	"github.com/cq-source-clari/cq-source-clari/resources/forecast"
	"github.com/cq-source-clari/cq-source-clari/resources/table"
)

// The rows of a result through the SDK's scheduler and through Emit: equal cells, equal _cq_id.
func TestEquivalence(t *testing.T) {
	for _, file := range []string{"variants.json", "flat/all_types.csv"} {
		for _, o := range []table.Options{{}, {History: true, Incremental: true}} {
			res, err := Read(t.Context(), bytes.NewReader(read(t, "testdata/"+file)), Asked{FileName: "2023_Q4"})
			if file != "variants.json" {
				res, err = Read(t.Context(), bytes.NewReader(read(t, "testdata/"+file)), Asked{Period: "2027_Q2"})
			}
			if err != nil {
				t.Fatal(err)
			}
			defer res.Close()
			if err := res.Check(t.Context()); err != nil {
				t.Fatal(err)
			}
			got := rows{}
			var records []arrow.Record
			tables := forecast.NewTables(everyTable, o, func(ctx context.Context, r arrow.Record) error {
				records = append(records, r)
				return got.send(ctx, r)
			})
			if _, err := res.Emit(t.Context(), testOrigin, tables); err != nil {
				t.Fatal(err)
			}
			want := rows{}
			for _, s := range forecast.Schemas(o)[:5] {
				schedule(t, want, s, cellsOf(records, s.Name))
			}
			for name := range got {
				for _, r := range []rows{got, want} {
					slices.SortFunc(r[name], func(a, b map[string]any) int { return bytes.Compare(text(a), text(b)) })
				}
				if diff := cmp.Diff(want[name], got[name]); diff != "" || len(want[name]) == 0 {
					t.Errorf("%s of %s with %+v: %d rows (-scheduler +emit)\n%s", name, file, o, len(want[name]), diff)
				}
			}
		}
	}
}

func text(row map[string]any) []byte {
	b, _ := json.Marshal(row) // it was JSON before
	return b
}

// cellsOf are the cells of each row of a table but for its ids, as Go values.
func cellsOf(records []arrow.Record, name string) (all []map[string]any) {
	for _, r := range records {
		if found, _ := r.Schema().Metadata().GetValue(schema.MetadataTableName); found != name {
			continue
		}
		for i := range int(r.NumRows()) {
			row := map[string]any{}
			for c, field := range r.Schema().Fields() {
				if column := r.Column(c); field.Name != schema.CqIDColumn.Name && column.IsValid(i) {
					row[field.Name] = column.GetOneForMarshal(i)
					if raw, ok := row[field.Name].(json.RawMessage); ok {
						row[field.Name] = []byte(raw)
					}
				}
			}
			all = append(all, row)
		}
	}
	return all
}

type noClient struct{}

func (noClient) ID() string { return "test" }

// schedule takes rows through the SDK's scheduler.
func schedule(t *testing.T, to rows, s *schema.Table, items []map[string]any) {
	for i, c := range s.Columns {
		if c.Resolver == nil && c.Name != schema.CqIDColumn.Name {
			s.Columns[i].Resolver = func(_ context.Context, _ schema.ClientMeta, r *schema.Resource, c schema.Column) error {
				return r.Set(c.Name, r.Item.(map[string]any)[c.Name])
			}
		}
	}
	s.Resolver = func(_ context.Context, _ schema.ClientMeta, _ *schema.Resource, res chan<- any) error {
		for _, item := range items {
			res <- maps.Clone(item)
		}
		return nil
	}
	messages, err := scheduler.NewScheduler().SyncAll(t.Context(), noClient{}, schema.Tables{s})
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range messages {
		if insert, ok := m.(*message.SyncInsert); ok {
			if err := to.send(t.Context(), insert.Record); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func TestUnselectedTables(t *testing.T) {
	res, err := Read(t.Context(), bytes.NewReader(read(t, "testdata/arrays.json")), Asked{})
	if err != nil {
		t.Fatal(err)
	}
	defer res.Close()
	for _, name := range forecast.ResultTables {
		l := rows{}
		tables := forecast.NewTables(func(table string) bool { return table == name }, table.Options{}, l.send)
		counts, err := res.Emit(t.Context(), testOrigin, tables) // of a result without parts that lie apart
		if err != nil {
			t.Fatal(err)
		}
		sum := counts.Entries + counts.Users + counts.Fields + counts.TimePeriods + counts.TimeFrames
		if len(l) != 1 || int64(len(l[name])) != sum {
			t.Errorf("%s: got rows of %d tables, counts %+v", name, len(l), counts)
		}
	}
}
