package table

import (
	"bytes"
	"context"
	"encoding/json"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/cloudquery/plugin-sdk/v4/message"
	"github.com/cloudquery/plugin-sdk/v4/scheduler"
	"github.com/cloudquery/plugin-sdk/v4/schema"
	"github.com/google/go-cmp/cmp"
)

type origin struct {
	tab   string
	asked Opt[string]
	day   Opt[int32]
}

type row struct {
	id      string
	name    Opt[string]
	amount  Opt[float64]
	count   Opt[int64]
	flag    Opt[bool]
	at      Opt[int64]
	day     Opt[int32]
	doc     []byte
	tags    []string
	comment Opt[string]
}

// every kind of column, in the key wherever a column can be
var everything = Def[origin, row]{
	Name: "clari_everything", Title: "Everything", Description: "Every kind of column.",
	Shared: []Column[origin]{
		String("tab", "Shared text.", func(o *origin) *string { return &o.tab }).Key(),
		NullString("asked", "Shared text that may be null.", func(o *origin) *Opt[string] { return &o.asked }).Key(),
		Date("snapshot", "Shared day.", func(o *origin) *Opt[int32] { return &o.day }).HistoryKey(),
	},
	Columns: []Column[row]{
		String("zid", "Text.", func(r *row) *string { return &r.id }).Key(),
		NullString("name", "Text that may be null.", func(r *row) *Opt[string] { return &r.name }).Key(),
		Float("amount", "Amount.", func(r *row) *Opt[float64] { return &r.amount }).Key(),
		Int("count", "Number.", func(r *row) *Opt[int64] { return &r.count }).Key(),
		Bool("flag", "Flag.", func(r *row) *Opt[bool] { return &r.flag }).Key(),
		Timestamp("at", "Instant.", func(r *row) *Opt[int64] { return &r.at }).Key(),
		Date("day", "Day.", func(r *row) *Opt[int32] { return &r.day }).Key(),
		JSON("doc", "Document.", func(r *row) *[]byte { return &r.doc }),
		Strings("tags", "List.", func(r *row) *[]string { return &r.tags }),
		NullString("comment", "Not in the key.", func(r *row) *Opt[string] { return &r.comment }),
	},
}

var equivalenceRows = []*row{
	{id: "nulls"},
	{id: ""},
	{id: "", name: Some("(null)")}, // the SDK hashes this like a null, so ids alone may collide, and must here too
	{id: "", name: Some("")},
	{
		id: "all", name: Some("Zoë"), amount: Some(-1234567.125), count: Some(int64(1 << 60)), flag: Some(true), at: Some(int64(1670500000123456)),
		day: Some(int32(19334)), doc: []byte(`{"a":[1,null]}`), tags: []string{"x", ""}, comment: Some("c"),
	},
	{id: "zeros", name: Some("0"), amount: Some(0.0), count: Some(int64(0)), flag: Some(false), at: Some(int64(0)), day: Some(int32(0)), doc: []byte(`null`), tags: []string{}},
	{id: "small", amount: Some(1e-7), at: Some(int64(-1)), day: Some(int32(-719162))},
	{id: "large", amount: Some(1e21), comment: Some("\x00")},
}

// The same rows through the SDK's scheduler and through a Writer: equal cells, equal _cq_id, equal schema.
func TestEquivalence(t *testing.T) {
	shared := &origin{tab: "net_arr", day: Some(int32(20000))}
	cells := func(r *row) map[string]any {
		return map[string]any{
			"tab": shared.tab, "asked": nil, "snapshot": arrow.Date32(20000), "zid": r.id, "name": orNil(r.name), "amount": orNil(r.amount),
			"count": orNil(r.count), "flag": orNil(r.flag), "at": orNil(Opt[time.Time]{time.UnixMicro(r.at.V), r.at.Valid}),
			"day": orNil(Opt[arrow.Date32]{arrow.Date32(r.day.V), r.day.Valid}), "doc": orNil(Opt[[]byte]{r.doc, r.doc != nil}),
			"tags": orNil(Opt[[]string]{r.tags, r.tags != nil}), "comment": orNil(r.comment),
		}
	}
	for _, o := range []Options{{}, {History: true}, {Incremental: true, DeterministicCQID: true}} {
		bySDK := everything.Schema(o)
		for i, c := range bySDK.Columns {
			if c.Resolver == nil && c.Name != schema.CqIDColumn.Name {
				bySDK.Columns[i].Resolver = func(_ context.Context, _ schema.ClientMeta, r *schema.Resource, c schema.Column) error {
					return r.Set(c.Name, cells(r.Item.(*row))[c.Name])
				}
			}
		}
		bySDK.Resolver = func(_ context.Context, _ schema.ClientMeta, _ *schema.Resource, res chan<- any) error {
			res <- equivalenceRows
			return nil
		}
		messages, err := scheduler.NewScheduler().SyncAll(t.Context(), client{}, schema.Tables{bySDK})
		if err != nil {
			t.Fatal(err)
		}
		var want []arrow.Record
		for _, m := range messages {
			if insert, ok := m.(*message.SyncInsert); ok {
				want = append(want, insert.Record)
			}
		}
		var got []arrow.Record
		w := everything.Writer(o, shared, func(_ context.Context, r arrow.Record) error { got = append(got, r); return nil })
		for _, r := range equivalenceRows {
			if err := w.Append(t.Context(), r); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		if len(want) == 0 || len(got) != 1 || !got[0].Schema().Equal(want[0].Schema()) {
			t.Fatalf("%+v: schema\n%s\nwant\n%s", o, got[0].Schema(), want[0].Schema())
		}
		if diff := cmp.Diff(rowsOf(t, want), rowsOf(t, got)); diff != "" {
			t.Errorf("%+v: (-scheduler +writer)\n%s", o, diff)
		}
		if n := len(rowsOf(t, got)); n != len(equivalenceRows) {
			t.Errorf("%+v: %d rows", o, n)
		}
	}
}

// The way through states makes the same keys.
func TestSharedStates(t *testing.T) {
	plain, shared := newIdentity(&everything, Options{}, &origin{tab: "net_arr"}), newIdentity(&everything, Options{}, &origin{tab: "net_arr"})
	lend(shared)
	shared.shareStates()
	if shared.states == nil {
		t.Fatal("it keeps no states")
	}
	for range 2 {
		for _, r := range equivalenceRows {
			if want, got := plain.of(r), shared.of(r); want != got {
				t.Errorf("%+v: %s, want %s", r, got, want)
			}
		}
	}
}

// lend makes it look as if each row borrowed its key from a row of its own.
func lend(id *identity[row]) {
	for i := range id.parts {
		id.parts[i].lender = func(r *row) int { return slices.Index(equivalenceRows, r) }
	}
}

func BenchmarkIdentity(b *testing.B) {
	r := equivalenceRows[4]
	for name, prepare := range map[string]func(*identity[row]){"plain": func(*identity[row]) {}, "shared states": func(id *identity[row]) { lend(id); id.shareStates() }} {
		id := newIdentity(&everything, Options{}, &origin{tab: "net_arr", asked: Some("the text that many rows share, which is some two hundred bytes long")})
		prepare(id)
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				id.of(r)
			}
		})
	}
}

func TestHistoryJoinsTheKey(t *testing.T) {
	id := func(o Options, day int32) string {
		return newIdentity(&everything, o, &origin{day: Some(day)}).of(&row{}).String()
	}
	if id(Options{}, 1) != id(Options{}, 2) {
		t.Error("without history the day changes the key")
	}
	if id(Options{History: true}, 1) == id(Options{History: true}, 2) {
		t.Error("with history the day does not change the key")
	}
}

type client struct{}

func (client) ID() string { return "test" }

func orNil[T any](v Opt[T]) any {
	if !v.Valid {
		return nil
	}
	return v.V
}

// rowsOf returns the rows of records as JSON, in an order that does not depend on theirs.
func rowsOf(t *testing.T, records []arrow.Record) []string {
	var texts []string
	for _, r := range records {
		text, err := r.MarshalJSON()
		if err != nil {
			t.Fatal(err)
		}
		var rows []map[string]any
		d := json.NewDecoder(bytes.NewReader(text))
		d.UseNumber()
		if err := d.Decode(&rows); err != nil {
			t.Fatal(err)
		}
		for _, row := range rows {
			var line []byte
			for _, name := range slices.Sorted(maps.Keys(row)) {
				cell, err := json.Marshal(row[name])
				if err != nil {
					t.Fatal(err)
				}
				line = append(append(append(line, name...), '='), append(cell, ' ')...)
			}
			texts = append(texts, string(line))
		}
	}
	slices.Sort(texts)
	return texts
}

type child struct{ id string }

var children = Def[struct{}, child]{
	Name: "clari_children", Title: "Children", Description: "Rows that belong to others.", Parent: "clari_everything",
	Columns: []Column[child]{String("id", "Text.", func(c *child) *string { return &c.id }).Key()},
}

// Children through the SDK's scheduler and through a Writer: equal cells, equal _cq_id and _cq_parent_id, equal schema.
func TestChildrenEquivalence(t *testing.T) {
	list := []*child{{"a"}, {"b"}, {""}}
	parents := []*row{{id: "all", name: Some("Zoë")}, {id: "zeros"}}
	bySDK := Tree(everything.Schema(Options{}), children.Schema(Options{}))
	for i, c := range bySDK.Columns {
		if c.Resolver == nil && c.Name != schema.CqIDColumn.Name {
			bySDK.Columns[i].Resolver = func(_ context.Context, _ schema.ClientMeta, r *schema.Resource, c schema.Column) error {
				item := r.Item.(*row)
				return r.Set(c.Name, map[string]any{"tab": "", "zid": item.id, "name": orNil(item.name)}[c.Name])
			}
		}
	}
	rel := bySDK.Relations[0]
	for i, c := range rel.Columns {
		if c.Name == "id" {
			rel.Columns[i].Resolver = func(_ context.Context, _ schema.ClientMeta, r *schema.Resource, c schema.Column) error {
				return r.Set(c.Name, r.Item.(*child).id)
			}
		}
	}
	rel.Resolver = func(_ context.Context, _ schema.ClientMeta, parent *schema.Resource, res chan<- any) error {
		if parent.Item.(*row).id == "all" { // no id twice
			res <- list[:2]
		} else {
			res <- list[2:]
		}
		return nil
	}
	bySDK.Resolver = func(_ context.Context, _ schema.ClientMeta, _ *schema.Resource, res chan<- any) error {
		res <- parents
		return nil
	}
	messages, err := scheduler.NewScheduler().SyncAll(t.Context(), client{}, schema.Tables{bySDK})
	if err != nil {
		t.Fatal(err)
	}
	var want, got []arrow.Record
	for _, m := range messages {
		if insert, ok := m.(*message.SyncInsert); ok && insert.Record.NumCols() == int64(len(rel.Columns)) {
			want = append(want, insert.Record)
		}
	}
	of := everything.Writer(Options{}, &origin{}, nil)
	w := children.Writer(Options{}, &struct{}{}, func(_ context.Context, r arrow.Record) error { got = append(got, r); return nil })
	for i, c := range list {
		if err := w.AppendChild(t.Context(), of.ID(parents[i/2]), c); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	if len(want) == 0 || len(got) != 1 || !got[0].Schema().Equal(want[0].Schema()) {
		t.Fatalf("schema\n%s\nwant\n%s", got[0].Schema(), want[0].Schema())
	}
	if diff := cmp.Diff(rowsOf(t, want), rowsOf(t, got)); diff != "" {
		t.Errorf("(-scheduler +writer)\n%s", diff)
	}
	if err := w.Append(t.Context(), list[0]); err != nil {
		t.Fatal(err)
	}
	if err := w.Flush(t.Context()); err != nil || !got[1].Column(1).IsNull(0) {
		t.Errorf("a row of no parent has one: %v, %v", got[1], err)
	}
}
