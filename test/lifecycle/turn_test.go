package lifecycle

import (
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
)

// TestQuarterTurn: Clari goes by its own clock, days by time_zone. In the hours in which the two disagree about the quarter no quarter
// is exported twice, and the one that has just ended or is about to begin is not forgotten. 2000_Q4 ends with 31 January.
func TestQuarterTurn(t *testing.T) {
	day := func(month time.Month, day, hour int) time.Time {
		return time.Date(2000, month, day, hour, 0, 0, 0, time.UTC)
	}
	for _, test := range []struct {
		name    string
		zone    string
		at      time.Time
		periods []string
		want    []string // quarters, each once
	}{
		{"Clari is ahead", "America/Los_Angeles", day(2, 1, 3), []string{"current"}, []string{"2000_Q4", "2001_Q1"}},
		{"Clari is ahead", "America/Los_Angeles", day(2, 1, 3), []string{"previous", "current", "next"}, []string{"2000_Q4", "2001_Q1", "2001_Q2"}},
		{"Clari is ahead", "America/Los_Angeles", day(2, 1, 3), []string{"current", "next"}, []string{"2000_Q4", "2001_Q1", "2001_Q2"}},
		{"Clari is behind", "Asia/Tokyo", day(1, 31, 20), []string{"current"}, []string{"2000_Q4"}},
		{"Clari is behind", "Asia/Tokyo", day(1, 31, 20), []string{"previous", "current", "next"}, []string{"2000_Q3", "2000_Q4", "2001_Q1"}},
		{"they agree", "UTC", day(2, 1, 3), []string{"current"}, []string{"2000_Q4", "2001_Q1"}},
	} {
		for _, start := range []int{0, 2} {
			t.Run(fmt.Sprintf("%s, %v, fiscal_year_start_month %d", test.name, test.periods, start), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					w := newWorld(t, sim.Config{Run: sim.Fixed(20 * time.Second)}, map[string]any{"periods": test.periods, "time_zone": test.zone}).withState()
					if start > 0 {
						w.spec["fiscal_year_start_month"] = start
					}
					time.Sleep(time.Until(day(1, 30, 12)))
					w.mustSync(exportsOnly())
					before := len(w.sim.Ledger().Created())
					time.Sleep(time.Until(test.at))
					w.mustSync(exportsOnly())
					var got []string
					for _, job := range w.sim.Ledger().Created()[before:] {
						got = append(got, job.Got)
					}
					slices.Sort(got)
					if !slices.Equal(got, test.want) {
						t.Errorf("exported %v, want %v", got, test.want)
					}
					w.landed()
				})
			})
		}
	}
}
