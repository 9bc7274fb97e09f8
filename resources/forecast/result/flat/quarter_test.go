package flat

import (
	"testing"
	"time"

	"github.com/cq-source-clari/cq-source-clari/resources/forecast/result/store"
	"github.com/cq-source-clari/cq-source-clari/resources/table"
)

func TestQuarterDaysOfWeeks(t *testing.T) {
	weeks := func(first string, n int) *Rows {
		day, err := time.Parse(time.DateOnly, first)
		if err != nil {
			t.Fatal(err)
		}
		r := New(store.New(), "", "")
		for i := range n {
			r.weeks.all = append(r.weeks.all, week{day: table.Day(day.AddDate(0, 0, 7*i)).V})
		}
		return r
	}
	for _, test := range []struct {
		name, first string
		weeks       int
		start, end  string
	}{
		{"the first week begins in the quarter before", "2026-04-26", 14, "2026-05-01", "2026-07-31"},
		{"the first week begins with the quarter", "2026-05-01", 14, "2026-05-01", "2026-07-31"},
		{"over a new year", "2025-10-27", 14, "2025-11-01", "2026-01-31"},
		{"half a quarter", "2026-04-26", 7, "", ""},
		{"one week", "2026-04-26", 1, "", ""},
		{"more than a quarter", "2026-04-26", 20, "", ""},
		{"a first week that no month begins in", "2026-05-08", 14, "", ""},
		{"none", "2026-04-26", 0, "", ""},
	} {
		start, end := weeks(test.first, test.weeks).QuarterDays()
		text := func(at time.Time) string {
			if at.IsZero() {
				return ""
			}
			return at.Format(time.DateOnly)
		}
		if text(start) != test.start || text(end) != test.end {
			t.Errorf("%s: %s to %s, want %s to %s", test.name, text(start), text(end), test.start, test.end)
		}
	}
}
