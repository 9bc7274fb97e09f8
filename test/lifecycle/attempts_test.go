package lifecycle

import (
	"testing"
	"testing/synctest"

	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
)

// TestRefusalsAreNoAttempts: a creation that Clari turned down made no job, so it does not use up export_attempts.
func TestRefusalsAreNoAttempts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, sim.Config{}, map[string]any{"export_attempts": 2})
		w.sim.Add(
			sim.Fault{Op: sim.Limits, Count: sim.Always, Do: sim.Answer(403)},
			sim.Fault{Op: sim.Create, Count: 4, Do: sim.QuotaReached()},
			sim.Fault{Op: sim.Create, From: 5, Do: sim.Ends(sim.Failed)},
		)
		if err := w.sync(syncOptions{}); err == nil {
			t.Error("the table of limits is refused, and the sync succeeded")
		}
		landed := w.wh.rows("clari_forecast_exports", func(r row) bool { return r["outcome"] == "exported" })
		if jobs := len(w.sim.Ledger().Created()); len(landed) != 1 || landed[0]["attempts"] != int64(2) || jobs != 2 {
			t.Errorf("%d jobs, landed %v: want a second job after the failed one, and 2 attempts", jobs, landed)
		}
	})
}
