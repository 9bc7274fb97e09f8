package table

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	pb "github.com/cloudquery/plugin-pb-go/pb/plugin/v3"
	"github.com/cloudquery/plugin-sdk/v4/schema"
	"github.com/google/go-cmp/cmp"
)

func TestSchema(t *testing.T) {
	for _, o := range []Options{{}, {Incremental: true}, {History: true}, {DeterministicCQID: true}} {
		s := everything.Schema(o)
		if s.IsIncremental != o.Incremental {
			t.Errorf("%+v: incremental is %t", o, s.IsIncremental)
		}
		if keys := s.PrimaryKeys(); len(keys) != 1 || keys[0] != schema.CqIDColumn.Name {
			t.Errorf("%+v: primary keys are %v", o, keys)
		}
		if got := s.Columns.Get("snapshot").PrimaryKeyComponent; got != o.History {
			t.Errorf("%+v: snapshot in the key is %t", o, got)
		}
		for _, c := range s.Columns {
			if c.NotNull != (c.Name == schema.CqIDColumn.Name) {
				t.Errorf("%+v: %s: not null is %t", o, c.Name, c.NotNull)
			}
		}
	}
}

// records collects what a writer sends.
type records []arrow.Record

func (r *records) send(_ context.Context, record arrow.Record) error {
	*r = append(*r, record)
	return nil
}

func TestRecordsAreCutByRows(t *testing.T) {
	var got records
	w := everything.Writer(Options{}, &origin{tab: "a tab"}, got.send)
	const rows = 2*maxRows + 3
	for range rows {
		if err := w.Append(t.Context(), &row{id: "r"}); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(w.Flush(t.Context()), w.Flush(t.Context())); err != nil {
		t.Fatal(err)
	}
	var sizes []int64
	for _, r := range got {
		sizes = append(sizes, r.NumRows())
		if tabs := r.Column(2); tabs.Len() != int(r.NumRows()) || tabs.ValueStr(tabs.Len()-1) != "a tab" {
			t.Errorf("shared column has %d rows", tabs.Len())
		}
	}
	if len(sizes) != 3 || sizes[0] != maxRows || sizes[1] != maxRows || sizes[2] != 3 || w.Rows() != rows {
		t.Errorf("got %v, %d in all", sizes, w.Rows())
	}
}

func TestRecordsAreCutByBytes(t *testing.T) {
	for name, r := range map[string]*row{
		"text":     {comment: Some(strings.Repeat("x", 100_000))},
		"document": {doc: []byte(`"` + strings.Repeat("x", 100_000) + `"`)},
		"list":     {tags: []string{strings.Repeat("x", 50_000), strings.Repeat("x", 50_000)}},
	} {
		var got records
		w := everything.Writer(Options{}, &origin{}, got.send)
		for range 100 {
			if err := w.Append(t.Context(), r); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		var rows int64
		for _, record := range got {
			rows += record.NumRows()
			message, err := pb.RecordToBytes(record)
			if err != nil {
				t.Fatal(err)
			}
			if len(message) > maxBytes+64<<10 { // the schema is on top
				t.Errorf("%s: %d rows in a message of %d bytes", name, record.NumRows(), len(message))
			}
		}
		if rows != 100 || len(got) > 6 {
			t.Errorf("%s: %d rows in %d records", name, rows, len(got))
		}
	}
}

func TestSendFails(t *testing.T) {
	full := errors.New("full")
	w := everything.Writer(Options{}, &origin{}, func(context.Context, arrow.Record) error { return full })
	if err := w.Append(t.Context(), &row{}); err != nil {
		t.Error(err)
	}
	if err := w.Flush(t.Context()); !errors.Is(err, full) {
		t.Errorf("got %v", err)
	}
}

func TestNilWriter(t *testing.T) {
	var w *Writer[row]
	if err := errors.Join(w.Append(t.Context(), &row{}), w.Flush(t.Context())); err != nil || w.Rows() != 0 {
		t.Errorf("got %v, %d rows", err, w.Rows())
	}
}

func TestMerge(t *testing.T) {
	all := *equivalenceRows[4]
	into := row{id: "all"}
	conflicts := map[string]string{}
	merge := func(from row) {
		Merge(everything.Columns, &into, &from, func(column string, text []byte) { conflicts[column] = string(text) })
	}
	merge(all)
	merge(row{id: "all"}) // nulls take nothing away
	if into.comment != all.comment || into.amount != all.amount || string(into.doc) != string(all.doc) || len(conflicts) > 0 {
		t.Errorf("got %+v, %v", into, conflicts)
	}
	merge(row{amount: Some(1.5), flag: Some(false), doc: []byte("1"), comment: Some("other")})
	want := map[string]string{"zid": "", "amount": "1.5", "flag": "false", "doc": "1", "comment": "other"}
	if diff := cmp.Diff(want, conflicts); diff != "" {
		t.Error(diff)
	}
	if into.comment != all.comment || into.amount != all.amount {
		t.Errorf("got %+v", into)
	}
}

// A row costs less than one allocation in ten: the buffers of a record are shared by thousands.
func TestAllocations(t *testing.T) {
	w := everything.Writer(Options{}, &origin{tab: "t"}, func(context.Context, arrow.Record) error { return nil })
	r := *equivalenceRows[4]
	r.tags = nil
	perRecord := testing.AllocsPerRun(5, func() {
		for range maxRows {
			if err := w.Append(t.Context(), &r); err != nil {
				t.Fatal(err)
			}
		}
	})
	if perRow := perRecord / maxRows; perRow > 0.1 {
		t.Errorf("%.3f allocations a row", perRow)
	}
}

func BenchmarkWriter(b *testing.B) {
	w := everything.Writer(Options{}, &origin{tab: "t"}, func(context.Context, arrow.Record) error { return nil })
	r := *equivalenceRows[4]
	b.ReportAllocs()
	for b.Loop() {
		if err := w.Append(b.Context(), &r); err != nil {
			b.Fatal(err)
		}
	}
}
