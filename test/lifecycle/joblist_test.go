package lifecycle

import (
	"testing"
	"testing/synctest"
	"time"

	sdk "github.com/cloudquery/plugin-sdk/v4/plugin"

	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
)

// TestNoListForGood: a sync was killed in a creation, and the job list can never be had. The export fails once at most, and lands in the
// next sync.
func TestNoListForGood(t *testing.T) {
	for _, do := range []sim.Effect{
		sim.Answer(500), sim.Answer(403), sim.Answer(404), sim.Malformed(), sim.HTML(200), sim.Reset(), sim.Shorten(20), sim.Hang(),
	} {
		t.Run(do.Name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, sim.Config{Run: sim.Fixed(20 * time.Second)}, map[string]any{"max_retries": 1}).withState()
				w.sim.Add(sim.Fault{Op: sim.List, Count: sim.Always, Do: do})
				_ = w.sync(trap{response: on(sim.Create, (*process).kill)}.options())
				o := syncOptions{SyncOptions: sdk.SyncOptions{Tables: []string{"clari_forecast_*"}}}
				failed := 0
				for range 4 {
					time.Sleep(24 * time.Hour)
					if w.sync(o) != nil {
						failed++
					}
				}
				if failed > 1 {
					t.Errorf("%d of 4 daily syncs failed, want one at most", failed)
				}
				w.landed()
			})
		})
	}
}

// TestOddItem: an item of the job list that makes no sense is left out. The job of an interrupted creation is found beside it, and
// clari_export_jobs has the others.
func TestOddItem(t *testing.T) {
	for _, item := range []string{"null", `{"status":"DONE"}`, `{"jobId":"5f0c2e9b"}`, "17", `"text"`, `{}`} {
		t.Run(item, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, sim.Config{Run: sim.Fixed(20 * time.Second)}, nil).withState()
				w.sim.Add(sim.Fault{Op: sim.List, Count: sim.Always, Do: sim.OddItem(item)})
				_ = w.sync(trap{response: on(sim.Create, (*process).kill)}.options())
				time.Sleep(10 * time.Minute)
				w.mustSync()
				w.spent(1)
				if n := w.landed(); n != 1 {
					t.Errorf("%d exports landed, want 1", n)
				}
				if len(w.wh.tables["clari_export_jobs"]) != 1 {
					t.Errorf("%d rows of clari_export_jobs, want 1", len(w.wh.tables["clari_export_jobs"]))
				}
			})
		})
	}
}
