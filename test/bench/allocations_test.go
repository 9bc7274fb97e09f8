package main

import (
	"testing"
)

// What a row may allocate is the one result of these measurements that does not depend on the machine. Whole passes over 28,000
// entries in each encoding, down to the bytes that leave the plugin.
func TestAllocations(t *testing.T) {
	b := &bench{Context: t.Context(), dir: t.TempDir()}
	for _, e := range encodings {
		t.Run(e.name, func(t *testing.T) {
			r, err := b.result(e, 100)
			if err != nil {
				t.Fatal(err)
			}
			defer r.close()
			if r.entries != 28_000 {
				t.Errorf("%d entries", r.entries)
			}
			perRun := testing.AllocsPerRun(2, func() {
				if _, err := r.land(t.Context()); err != nil {
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

// The ways that are compared must agree on what is in a result, or they do not do the same work.
func TestWaysAgree(t *testing.T) {
	b := &bench{Context: t.Context(), dir: t.TempDir()}
	for _, e := range encodings {
		r, err := b.result(e, 20)
		if err != nil {
			t.Fatal(err)
		}
		defer r.close()
		rows, err := decodeRows(r)
		if err != nil {
			t.Fatal(err)
		}
		if len(rows) != r.entries {
			t.Errorf("%s: %d rows of %d", e.name, len(rows), r.entries)
		}
		values := 0
		for _, w := range rows {
			if w.ForecastValue != nil || w.QuotaValue != nil {
				values++
			}
		}
		if values < r.entries/2 {
			t.Errorf("%s: %d entries with an amount, of %d", e.name, values, r.entries)
		}
	}
}
