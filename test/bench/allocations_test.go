package bench

import (
	"context"
	"math"
	"sync"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"

	"github.com/cq-source-clari/cq-source-clari/resources/forecast"
	"github.com/cq-source-clari/cq-source-clari/resources/table"
)

// What a row may allocate is the one result of these measurements that does not depend on the machine. Whole passes over 28,000
// entries in each encoding, down to the bytes that leave the plugin.
func TestAllocations(t *testing.T) {
	for _, e := range encodings {
		t.Run(string(e), func(t *testing.T) {
			r := newResult(t, e, 100)
			if r.entries != 28_000 {
				t.Errorf("%d entries", r.entries)
			}
			perRun := testing.AllocsPerRun(2, func() {
				if _, err := land(t.Context(), r); err != nil {
					t.Fatal(err)
				}
			})
			perRow := perRun / float64(r.entries)
			t.Logf("%.3f allocations a row", perRow)
			if perRow > 0.5 {
				t.Errorf("%.2f allocations a row", perRow)
			}
		})
	}
}

// The ways that are compared must agree on what is in a result, or they do not do the same work: on how many amounts there are in
// each column, and on their sums.
func TestWaysAgree(t *testing.T) {
	for _, e := range encodings {
		t.Run(string(e), func(t *testing.T) {
			r := newResult(t, e, 20)
			rows, err := decodeRows(r)
			if err != nil {
				t.Fatal(err)
			}
			usual := map[string]*column{}
			for _, name := range amountColumns {
				usual[name] = new(column)
			}
			for _, w := range rows {
				for i, v := range []*float64{w.ForecastValue, w.QuotaValue, w.AdjustmentValue} {
					if v != nil {
						usual[amountColumns[i]].add(*v)
					}
				}
			}
			ours := landedAmounts(t, r)
			for _, name := range amountColumns {
				a, b := ours[name], usual[name]
				if a.n != b.n || a.n == 0 || math.Abs(a.sum-b.sum) > 1e-9*math.Abs(b.sum) {
					t.Errorf("%s: the plugin has %d amounts, in all %f; encoding/json %d, in all %f", name, a.n, a.sum, b.n, b.sum)
				}
			}
		})
	}
}

var amountColumns = []string{"forecast_value", "quota_value", "adjustment_value"}

// column is what is in a column of amounts.
type column struct {
	n   int
	sum float64
}

func (c *column) add(v float64) {
	c.n++
	c.sum += v
}

// landedAmounts adds up the amounts in the records that the plugin makes of a result.
func landedAmounts(t *testing.T, r *result) map[string]*column {
	columns := map[string]*column{}
	for _, name := range amountColumns {
		columns[name] = new(column)
	}
	var mu sync.Mutex
	onlyEntries := func(name string) bool { return name == forecast.EntriesTable.Name }
	tables := forecast.NewTables(onlyEntries, table.Options{}, func(_ context.Context, record arrow.Record) error {
		mu.Lock()
		defer mu.Unlock()
		for i, field := range record.Schema().Fields() {
			c, values := columns[field.Name], record.Column(i)
			for row := 0; c != nil && row < values.Len(); row++ {
				if values.IsValid(row) {
					c.add(values.(*array.Float64).Value(row))
				}
			}
		}
		return nil
	})
	read, err := r.read(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer read.Close()
	if err := read.Check(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := read.Emit(t.Context(), forecast.Origin{ForecastID: tab, RequestedPeriod: quarter.String()}, tables); err != nil {
		t.Fatal(err)
	}
	return columns
}
