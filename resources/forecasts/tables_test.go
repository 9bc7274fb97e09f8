package forecasts

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/cloudquery/plugin-sdk/v4/message"
	"github.com/cloudquery/plugin-sdk/v4/scheduler"
	"github.com/cloudquery/plugin-sdk/v4/schema"
	"github.com/google/go-cmp/cmp"

	"github.com/cq-source-clari/cq-source-clari/resources/table"
)

func TestSchemas(t *testing.T) {
	type columnText struct{ Name, Type, Description, Key string }
	type tableText struct {
		Name, Title, Description string
		Columns                  []columnText
	}
	var got []tableText
	for i, s := range Schemas(table.Options{}) {
		if s.Description == "" || s.Title == "" {
			t.Errorf("%s has no title or description", s.Name)
		}
		text := tableText{Name: s.Name, Title: s.Title, Description: s.Description}
		for _, c := range s.Columns {
			if strings.TrimSpace(c.Description) == "" {
				t.Errorf("%s.%s has no description", s.Name, c.Name)
			}
			if id := c.Name == schema.CqIDColumn.Name; c.NotNull != id || c.PrimaryKey != id {
				t.Errorf("%s.%s: not null %t, primary key %t", s.Name, c.Name, c.NotNull, c.PrimaryKey)
			}
			key := ""
			if c.PrimaryKeyComponent {
				key = "always"
			} else if Schemas(table.Options{History: true})[i].Columns.Get(c.Name).PrimaryKeyComponent {
				key = "with history"
			}
			text.Columns = append(text.Columns, columnText{c.Name, c.Type.String(), c.Description, key})
		}
		got = append(got, text)
	}
	golden(t, "testdata/schema.golden.json", got)
}

// collected keeps what arrives at the seam, in memory of its own.
type collected struct {
	entries     []*Entry
	users       []*User
	fields      []*Field
	timePeriods []*TimePeriod
	timeFrames  []*TimeFrame
}

func (c *collected) Entry(r *Entry) error { return collectRow(&c.entries, entryColumns, r) }
func (c *collected) User(r *User) error   { return collectRow(&c.users, userColumns, r) }
func (c *collected) Field(r *Field) error { return collectRow(&c.fields, fieldColumns, r) }
func (c *collected) TimePeriod(r *TimePeriod) error {
	return collectRow(&c.timePeriods, timePeriodColumns, r)
}

func (c *collected) TimeFrame(r *TimeFrame) error {
	return collectRow(&c.timeFrames, timeFrameColumns, r)
}

func collectRow[R any](to *[]*R, columns []table.Column[R], r *R) error {
	own := *r
	table.Own(columns, &own)
	*to = append(*to, &own)
	return nil
}

// The rows of a result through the SDK's scheduler and through Emit: equal cells, equal _cq_id.
func TestEquivalence(t *testing.T) {
	result := read(t, "testdata/variants.json")
	res, err := Inspect(t.Context(), section(result), Asked{Quarter: "2023_Q4"})
	if err != nil {
		t.Fatal(err)
	}
	var items collected
	for _, part := range append(res.entries, res.emit) {
		if err := part(t.Context(), &items); err != nil {
			t.Fatal(err)
		}
	}
	shared := map[string]any{
		"forecast_id": testOrigin.ForecastID, "scope_id": "", "requested_currency": "", "requested_period": "2023_Q4",
		"job_id": testOrigin.JobID, "exported_at": testOrigin.ExportedAt, "snapshot_date": testOrigin.SnapshotDate,
	}
	for _, o := range []table.Options{{}, {History: true, Incremental: true}} {
		got, _, err := land(t.Context(), result, Asked{Quarter: "2023_Q4"}, o)
		if err != nil {
			t.Fatal(err)
		}
		var want landed
		schedule(t, &want, entriesTable.Schema(o), items.entries, shared, func(e *Entry) map[string]any {
			return map[string]any{
				"time_period_id": e.TimePeriodID, "time_frame_id": e.TimeFrameID, "user_id": e.UserID, "field_id": e.FieldID,
				"forecast_value": cell(e.ForecastValue), "quota_value": cell(e.QuotaValue), "adjustment_value": cell(e.AdjustmentValue),
				"crm_total": cell(e.CRMTotal), "crm_closed": cell(e.CRMClosed), "currency_code": cell(e.CurrencyCode),
				"currency_symbol": cell(e.CurrencySymbol), "is_updated": cell(e.IsUpdated), "updated_by": cell(e.UpdatedBy),
				"updated_at": instantCell(e.UpdatedAt), "adjusted_by": cell(e.AdjustedBy), "adjusted_at": instantCell(e.AdjustedAt),
				"crm_user_id": cell(e.CRMUserID), "email": cell(e.Email), "field_name": cell(e.FieldName), "extra": e.Extra,
			}
		})
		schedule(t, &want, usersTable.Schema(o), items.users, shared, func(u *User) map[string]any {
			return map[string]any{
				"user_id": u.UserID, "name": cell(u.Name), "email": cell(u.Email), "crm_user_id": cell(u.CRMUserID),
				"hierarchy_id": cell(u.HierarchyID), "role": cell(u.Role), "parent_hierarchy_id": cell(u.ParentHierarchyID),
				"parent_role": u.ParentRole, "user_scope": u.UserScope, "extra": u.Extra,
			}
		})
		for name, rows := range want.sorted() {
			if diff := cmp.Diff(rows, got[name]); diff != "" || len(rows) < 2 {
				t.Errorf("%s with %+v: %d rows (-scheduler +emit)\n%s", name, o, len(rows), diff)
			}
		}
	}
}

func cell[T any](v table.Opt[T]) any {
	if !v.Valid {
		return nil
	}
	return v.V
}

func instantCell(v table.Opt[int64]) any {
	if !v.Valid {
		return nil
	}
	return time.UnixMicro(v.V)
}

type noClient struct{}

func (noClient) ID() string { return "test" }

// schedule takes items through the SDK's scheduler.
func schedule[R any](t *testing.T, to *landed, s *schema.Table, items []*R, shared map[string]any, cells func(*R) map[string]any) {
	for i, c := range s.Columns {
		if c.Resolver == nil && c.Name != schema.CqIDColumn.Name {
			s.Columns[i].Resolver = func(_ context.Context, _ schema.ClientMeta, r *schema.Resource, c schema.Column) error {
				if v, ok := shared[c.Name]; ok {
					return r.Set(c.Name, v)
				}
				return r.Set(c.Name, cells(r.Item.(*R))[c.Name])
			}
		}
	}
	s.Resolver = func(_ context.Context, _ schema.ClientMeta, _ *schema.Resource, res chan<- any) error {
		res <- items
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
	res, err := Inspect(t.Context(), section(read(t, "testdata/arrays.json")), Asked{})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range append(ResultTables, exportsTable.Name) {
		var l landed
		tables := NewTables(func(table string) bool { return table == name }, table.Options{}, l.send)
		counts, err := res.Emit(t.Context(), testOrigin, tables)
		if err != nil {
			t.Fatal(err)
		}
		if err := tables.Export(t.Context(), testOrigin, &Export{ExportID: "x"}); err != nil {
			t.Fatal(err)
		}
		sum := counts.Entries + counts.Users + counts.Fields + counts.TimePeriods + counts.TimeFrames
		if name == exportsTable.Name {
			sum++
		}
		if len(l.rows) != 1 || int64(len(l.rows[name])) != sum {
			t.Errorf("%s: got rows of %d tables, counts %+v", name, len(l.rows), counts)
		}
	}
}

func TestExport(t *testing.T) {
	var l landed
	tables := NewTables(allTables, table.Options{}, l.send)
	for _, x := range []*Export{
		{ExportID: "f00d@2026-02-04T00:00:00Z", Outcome: "left_out", Types: []string{}, Error: table.Some("create: monthly export quota used up")},
		{
			ExportID: "606e23c981a6da229d75b515", Outcome: "exported", Types: []string{"forecast", "quota"}, IncludeHistorical: table.Some(true),
			Format: table.Some("json"), Status: table.Some("DONE"), Attempts: table.Some(int64(1)), Polls: table.Some(int64(3)),
			RequestedAt: table.Micros(testOrigin.ExportedAt), StartedAt: table.Micros(testOrigin.ExportedAt), EndedAt: table.Micros(testOrigin.ExportedAt),
			ExpiresAt: table.Micros(testOrigin.ExportedAt), ResultShape: table.Some("arrays"), ResultBytes: table.Some(int64(1000)),
			Entries: table.Some(int64(5)), Users: table.Some(int64(4)), Fields: table.Some(int64(3)), TimePeriods: table.Some(int64(2)),
			TimeFrames: table.Some(int64(1)), RowsTruncated: table.Some(false), CellsTruncated: table.Some(false), FileName: table.Some("x.json"),
		},
	} {
		o := testOrigin
		if x.Outcome == "left_out" {
			o.JobID, o.ExportedAt = "", time.Time{}
		}
		if err := tables.Export(t.Context(), o, x); err != nil {
			t.Fatal(err)
		}
	}
	golden(t, "testdata/exports.golden.json", l.sorted())
}

// Both passes together cost less than half an allocation an entry, also where each has something in extra.
func TestAllocations(t *testing.T) {
	tables := NewTables(allTables, table.Options{}, func(context.Context, arrow.Record) error { return nil })
	plain := tenant(100, 20, 14)
	odd := bytes.ReplaceAll(bytes.ReplaceAll(plain, []byte(`"forecastValue"`), []byte(`"closedTotal"`)), []byte(`"updatedBy"`), []byte(`"closedBy"`))
	for name, result := range map[string][]byte{"plain": plain, "extra": odd} {
		var entries int
		allocations := testing.AllocsPerRun(2, func() {
			res, err := Inspect(t.Context(), section(result), Asked{Quarter: "2023_Q4"})
			if err != nil {
				t.Fatal(err)
			}
			entries = res.Entries
			if _, err := res.Emit(t.Context(), testOrigin, tables); err != nil {
				t.Fatal(err)
			}
		})
		if each := allocations / float64(entries); entries != 28_000 || each > 0.5 {
			t.Errorf("%s: %.2f allocations for each of %d entries", name, each, entries)
		}
	}
}
