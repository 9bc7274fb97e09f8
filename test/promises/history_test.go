package promises

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
	"github.com/cq-source-clari/cq-source-clari/test/world"
)

// TestOldResultOverwritesNewerSnapshot: with history, an old result (P) that could not be read when it was renewed stays in the journal
// (prior_job_id), while the export that renews it (N) lands the same day. Later P lands "first" of a newer export, with the snapshot_date of
// its own day - and overwrites N's rows of that day, which were newer. clari_forecast_exports still says that N is that day's newest.
func TestOldResultOverwritesNewerSnapshot(t *testing.T) {
	for _, test := range []struct {
		historical string
		next       func()
	}{
		{"true", func() { dayAt(3, 8) }}, // the next daily sync
		{"auto", func() { dayAt(9, 8) }}, // the first export of the next calendar week
	} {
		t.Run("include_historical "+test.historical, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := world.New(t, sim.Config{Tenant: sim.Tenant{ChangeEvery: time.Minute}, Run: sim.Fixed(time.Minute)}, world.Fields(map[string]any{
					"history": true, "max_retries": 1,
				})).WithState()
				w.Spec["forecasts"] = []map[string]any{{"id": "forecast", "include_historical": test.historical}}
				dayAt(2, 8) // a Monday
				if err := w.Sync(world.Interrupt{Request: world.On(sim.Results, (*world.Process).Kill)}.Options()); err != world.ErrKilled {
					t.Fatal(err)
				}
				dayAt(2, 15) // P is older than 6 hours: renewed. Its result cannot be had just now.
				w.Sim.Add(sim.Fault{Op: sim.Results, Job: 1, Count: sim.Always, Do: sim.Answer(500)})
				t.Logf("second sync: %v", w.Sync())
				w.Sim.ClearFaults()
				jobs := w.Sim.Ledger().Created()
				p, n := jobs[0].ID, jobs[1].ID
				day := func() (m map[any]int) {
					m = map[any]int{}
					for _, r := range w.Destination.Rows("clari_forecast_entries", func(r world.Row) bool { return r["snapshot_date"] == "2000-01-03" }) {
						m[r["job_id"]]++
					}
					return m
				}
				before := day()
				if before[n] == 0 || before[p] != 0 {
					t.Fatalf("N has not landed: %v", before)
				}
				test.next()
				w.MustSync()
				after := day()
				if after[n] != before[n] {
					t.Errorf("snapshot of 2000-01-03: N (ended 15:01) had %d rows; a later sync put those of P (ended 08:01) in their place: N %d, P %d", before[n], after[n], after[p])
				}
				for _, r := range w.Destination.Rows("clari_forecast_exports", func(r world.Row) bool { return r["snapshot_date"] == "2000-01-03" }) {
					t.Logf("exports: job %v outcome %v exported_at %v", map[any]string{p: "P", n: "N"}[r["job_id"]], r["outcome"], r.Time("exported_at"))
				}
				w.Landed() // the project's own invariant: the newest export of each day is there whole
				_ = fmt.Sprint
			})
		})
	}
}
