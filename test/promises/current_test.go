package promises

import (
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
	"github.com/cq-source-clari/cq-source-clari/test/world"
)

// TestJobOfALaterBatchIsTakenForCurrent (TestRandom -seed 905086, cut down): in one sync the answers to the creations of current and of a quarter by name
// are lost; only the latter made a job. The next sync asks for current first: the job is in its window, and the creation that made it is no rival, since
// the rest of the plan is "Later", whose unclear states runKind blanks. The old quarter lands as current, the sync succeeds, and current is missing. Names of
// files do not help: where fiscal_year_start_month is not given, any quarter's file may be that of current.
func TestJobOfALaterBatchIsTakenForCurrent(t *testing.T) {
	for _, names := range []bool{true, false} {
		for _, other := range []string{"1999_Q1", "2001_Q1"} {
			t.Run(fmt.Sprintf("file names %t, beside %s", names, other), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					cfg := sim.Config{Run: sim.Fixed(5 * time.Second)}
					fields := map[string]any{"periods": []string{"current", other}, "export_attempts": 1, "delay_between_exports": "1s"}
					if !names {
						cfg.OmitKeys = []string{"fileName"}
						fields["fiscal_year_start_month"] = 2
					}
					w := world.New(t, cfg, fields).WithState()
					w.Sim.Add(sim.Fault{Op: sim.Create, Do: sim.Answer(504)}, sim.Fault{Op: sim.Create, From: 2, Do: sim.Answer(504).AfterProcessing()})
					t.Logf("first sync: %.300v", w.Sync(world.ExportsOnly()))
					time.Sleep(time.Hour)
					err := w.Sync(world.ExportsOnly())
					var periods []string
					for _, r := range w.Destination.Rows("clari_forecast_exports", world.HasLanded) {
						periods = append(periods, fmt.Sprint(r["requested_period"], " ", r["outcome"]))
					}
					slices.Sort(periods)
					t.Logf("second sync: %.300v; landed %v", err, periods)
					current := w.Sim.Current().String()
					if n := len(w.Destination.Rows("clari_forecast_entries", func(r world.Row) bool { return r["requested_period"] == current })); err == nil && n == 0 {
						t.Errorf("the second sync succeeds; %d rows of %s, the current quarter; landed: %v", n, current, periods)
					}
				})
			})
		}
	}
}
