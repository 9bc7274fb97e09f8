package promises

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
	"github.com/cq-source-clari/cq-source-clari/test/world"
)

// TestLongBackfillLosesADay: the windows of activities are planned with the day on which the sync began, and noted with the day on which their job was
// asked for, which is after all forecasts. When the forecasts take longer than overlap_days + 1 days (a first backfill of 4,000 exports takes 61 hours), the
// days in between are exported by no sync: the next one begins overlap_days before the noted day. Every sync succeeds.
func TestLongBackfillLosesADay(t *testing.T) {
	for _, test := range []struct {
		overlap int
		job     time.Duration
	}{{0, 29 * time.Minute}, {1, 50 * time.Minute}, {2, 80 * time.Minute}} {
		t.Run(fmt.Sprintf("overlap_days %d", test.overlap), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := world.New(t, sim.Config{Tenant: world.Tiny, Run: sim.Fixed(test.job), Around: sim.Around{ActivityEvery: time.Hour}}, map[string]any{
					"periods": []string{"1975_Q1..1999_Q4"}, "run_timeout": "3h", "settle_days": 0, "fiscal_year_start_month": 2,
					"activities": map[string]any{"since": "1999-12-20", "overlap_days": test.overlap},
				}).WithState()
				dayAt(1, 6)
				began := time.Now()
				tables := world.Only("clari_forecast_entries", "clari_forecast_exports", "clari_activities", "clari_activity_*")
				w.MustSync(tables)
				t.Logf("the first sync took %s", time.Since(began).Round(time.Hour))
				w.Spec["periods"] = []string{"current"}
				for range 10 {
					time.Sleep(24 * time.Hour)
					w.MustSync(tables)
				}
				now := time.Now()
				if wrong := w.ActivityDiffer(at("1999-12-20"), now.Add(-48*time.Hour).Truncate(24*time.Hour), now); len(wrong) > 0 {
					lost := 0
					days := map[string]int{}
					there := map[any]bool{}
					for _, r := range w.Destination.Rows("clari_activities", nil) {
						there[r["activity_id"]] = true
					}
					for a := range w.Sim.Activities(sim.Activities{First: at("1999-12-20"), Last: now.Add(-48 * time.Hour), Types: sim.ActivityTypes, At: now}) {
						if !there[a.ID] {
							lost++
							days[a.At.UTC().Format(time.DateOnly)]++
						}
					}
					if lost > 0 {
						t.Errorf("%d activities are lost for good, of the days %v", lost, days)
					}
				}
			})
		})
	}
}
