package table

import (
	"context"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
)

// TestEven: whatever the sizes of rows, no rows that follow one another in a record are together much longer than their share of it, and
// records are not smaller than that takes.
func TestEven(t *testing.T) {
	type row struct{ text string }
	d := &Def[struct{}, row]{Name: "t", Columns: []Column[row]{String("a", "", func(r *row) *string { return &r.text })}}
	tests := []struct {
		name    string
		rows    int
		size    func(i int) int
		records int // at most
	}{
		{"short", 5000, func(i int) int { return i % 60 }, 1},
		{"long, all alike", 3000, func(int) int { return 1200 }, 1},
		{"one long", 3000, func(i int) int { return map[bool]int{true: 700_000}[i == 1000] }, 3},
		{"five side by side", 3000, func(i int) int { return map[bool]int{true: 700_000}[i < 5] }, 3},
		{"by turns", 1600, func(i int) int { return i % 2 * 5000 }, 40},
		{"growing", 3000, func(i int) int { return i }, 40},
		{"few long", 10, func(i int) int { return i % 2 * 10_000 }, 1},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var records []arrow.Record
			w := d.Writer(Options{}, &struct{}{}, func(_ context.Context, r arrow.Record) error {
				records = append(records, r)
				return nil
			})
			for i := range test.rows {
				if err := w.Append(context.Background(), &row{strings.Repeat("x", test.size(i))}); err != nil {
					t.Fatal(err)
				}
			}
			if err := w.Flush(context.Background()); err != nil {
				t.Fatal(err)
			}
			if len(records) > test.records {
				t.Errorf("%d records, want at most %d", len(records), test.records)
			}
			n := 0
			for _, r := range records {
				column := r.Column(r.Schema().FieldIndices("a")[0]).(*array.String)
				for i := range column.Len() {
					if column.ValueLen(i) != test.size(n) {
						t.Fatalf("row %d has %d bytes, want %d", n, column.ValueLen(i), test.size(n))
					}
					n++
				}
				if u := unevenness(column); u > maxUneven+longText*column.Len() {
					t.Errorf("%d rows: some of them are %d bytes longer than their share", column.Len(), u)
				}
			}
			if n != test.rows {
				t.Errorf("%d rows, want %d", n, test.rows)
			}
		})
	}
}

// unevenness is how much longer than its share the run of rows is that is longest by it: what a destination reckons too little.
func unevenness(column *array.String) (most int) {
	rows := column.Len()
	sum := 0
	for i := range rows {
		sum += column.ValueLen(i)
	}
	run := 0
	for i := range rows {
		run = max(0, run+column.ValueLen(i)-sum/rows)
		most = max(most, run)
	}
	return most
}
