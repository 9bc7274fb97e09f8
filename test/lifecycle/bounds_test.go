package lifecycle

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
)

// TestMaxResultBytes: a result that is longer fails its export, and no export is spent on it again until the limit is raised.
func TestMaxResultBytes(t *testing.T) {
	for _, zip := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, sim.Config{Run: sim.Fixed(20 * time.Second), Gzip: zip}, map[string]any{
				"periods": []string{"1999_Q4"}, "max_result_bytes": "2KiB",
			}).withState()
			for range 3 {
				err := w.sync(exportsOnly())
				if err == nil || !strings.Contains(err.Error(), "max_result_bytes") {
					t.Errorf("the error does not name what helps: %v", err)
				}
				time.Sleep(24 * time.Hour)
			}
			w.spent(1)
			if n := len(w.wh.tables["clari_forecast_entries"]); n > 0 {
				t.Errorf("%d entries landed", n)
			}
			w.spec["max_result_bytes"] = "1GiB"
			w.mustSync(exportsOnly())
			if n := w.landed(); n != 1 {
				t.Errorf("%d exports landed once the limit was raised", n)
			}
		})
	}
}
