package spending_test

import (
	"fmt"
	"time"

	"github.com/cq-source-clari/cq-source-clari/test/oracle/spending"
)

// An orchestrator tries again twelve minutes after a sync that failed elsewhere, and buys what had landed.
func Example() {
	april := time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC)
	nine := time.Date(2026, 2, 1, 9, 0, 0, 0, time.UTC)
	h := spending.History{QuarterEnd: func(string) time.Time { return april }}
	tab := spending.Request{Forecast: "net_arr", Types: []string{"forecast"}, AllWeeks: true}
	sync := func(id string, start time.Time) spending.Sync {
		job := &spending.Job{Request: tab, ID: id, Quarter: "2026_Q1", At: start, Ended: start.Add(time.Minute), Gone: april, Fate: spending.Good}
		return spending.Sync{
			Start: start, End: start.Add(5 * time.Minute), Settings: spending.Defaults(),
			Wanted: []spending.Item{{Request: tab, Quarter: "2026_Q1"}},
			Bought: []*spending.Job{job}, Landed: []spending.Landing{{Job: job, At: start.Add(2 * time.Minute)}},
		}
	}
	fmt.Println(h.Add(sync("a", nine)))
	fmt.Println(h.Add(sync("b", nine.Add(12*time.Minute))))
	// Output:
	// []
	// [net_arr current: job b bought at 2026-02-01 09:12:00: row 6: landed 15m0s ago by a sync that has not ended well]
}
