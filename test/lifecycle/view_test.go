package lifecycle

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
)

// TestFailedAgainKeepsTheView: rows have landed, and the journal does not know so. The next sync takes the job over and cannot read its
// result again: the row that says it landed stays, and the failure has a row of its own.
func TestFailedAgainKeepsTheView(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, sim.Config{Run: sim.Fixed(20 * time.Second)}, nil).withState()
		err := w.sync(phases[9].trap(w, (*process).kill).options()) // after the barrier, before the journal
		if err != errKilled {
			t.Fatalf("the trap did not go off: %v", err)
		}
		if n := len(w.exports("exported")); n != 1 {
			t.Fatalf("%d exports have landed, want 1", n)
		}
		before := (&witness{world: w, entries: map[any]bool{w.exports("exported")[0]["job_id"]: true}}).view()
		time.Sleep(10 * time.Minute)
		w.sim.Add(sim.Fault{Op: sim.Results, Count: sim.Always, Do: sim.Answer(500)})
		if w.sync() == nil {
			t.Fatal("no error")
		}
		exported, failed := w.exports("exported"), w.exports("failed")
		if len(exported) != 1 || len(failed) != 1 {
			t.Fatalf("%d rows of exports that landed and %d of failed ones, want one of each", len(exported), len(failed))
		}
		if failed[0]["export_id"] == exported[0]["job_id"] {
			t.Error("the failure has the job's id")
		}
		after := (&witness{world: w, entries: map[any]bool{exported[0]["job_id"]: true}}).view()
		for at, n := range before {
			if after[at] != n {
				t.Errorf("%v had %d rows in clari_forecast_current, and has %d", at, n, after[at])
			}
		}
	})
}
