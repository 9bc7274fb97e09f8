package lifecycle

import (
	"testing"
	"testing/synctest"
	"time"

	sdk "github.com/cloudquery/plugin-sdk/v4/plugin"

	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
)

// TestSettledWithABadOldResult: a table is selected when the quarter has settled, and its old result cannot give the rows: it does not
// pass, is gone, or has expired. That is one line in the log, no error, and no new export: history would be written anew without those
// who have left. Refresh exports.
func TestSettledWithABadOldResult(t *testing.T) {
	for name, befall := range map[string]func(*sim.Job){
		"truncated":         func(j *sim.Job) { j.RowsTruncated = true },
		"contradicts":       func(j *sim.Job) { j.Export.Quirks.RepeatEntry = true },
		"makes no sense":    func(j *sim.Job) { j.Export.Quirks.MissingID = true },
		"another quarter's": func(j *sim.Job) { j.Export.Quarter = j.Export.Quarter.Add(-1) },
		"gone":              func(j *sim.Job) { j.Vanished = true },
		"expired":           func(j *sim.Job) { j.Life = time.Minute },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, sim.Config{Run: sim.Fixed(20 * time.Second)}, map[string]any{"periods": []string{"1999_Q1"}}).withState()
				some := syncOptions{SyncOptions: sdk.SyncOptions{Tables: []string{"clari_forecast_entries", "clari_forecast_exports"}}}
				for range 2 {
					w.mustSync(some)
					time.Sleep(24 * time.Hour)
				}
				w.sim.Change(befall)
				for range 2 {
					w.logs.text.Reset()
					w.mustSync(exportsOnly())
					if n := w.logs.count("info", "1999_Q1"); n == 0 {
						t.Errorf("no line names the quarter:\n%s", w.logs)
					}
					time.Sleep(24 * time.Hour)
				}
				w.spent(2)
				if n := w.logs.count("error", ""); n > 0 {
					t.Errorf("%d error lines", n)
				}
				w.spec["refresh"] = []string{"1999_Q1"}
				w.mustSync(exportsOnly())
				w.spent(3)
				if len(w.wh.tables["clari_forecast_users"]) == 0 {
					t.Error("refresh has landed no users")
				}
			})
		})
	}
}
