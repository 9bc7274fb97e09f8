package lifecycle

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
)

// TestOrder: every tab's current quarter first, however it was named, then every tab's next, then from newest to oldest. Bubbles begin in
// 2000_Q4.
func TestOrder(t *testing.T) {
	for name, periods := range map[string][]string{
		"named explicitly":  {"2000_Q2..2001_Q2"},
		"one by one":        {"2001_Q2", "2000_Q2", "2001_Q1", "2000_Q4", "2000_Q3"},
		"relative":          {"current-2..current+2"},
		"relative and not":  {"2000_Q2..current", "2001_Q1", "2001_Q2"},
		"current and named": {"current", "2000_Q2..2001_Q2"},
	} {
		for _, known := range []string{"by the spec", "by state"} {
			t.Run(name+", known "+known, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					w := newWorld(t, sim.Config{Tenant: sim.Tenant{Tabs: threeTabs}}, map[string]any{
						"forecasts": forecasts(threeTabs[:2]...), "periods": periods, "delay_between_exports": "0s",
					})
					skip := 0
					if known == "by state" {
						w.withState()
						w.spec["periods"], w.spec["forecasts"] = []string{"current"}, forecasts(threeTabs[2])
						w.mustSync()
						skip = 1
						w.spec["periods"], w.spec["forecasts"] = periods, forecasts(threeTabs[:2]...)
					} else {
						w.spec["fiscal_year_start_month"] = 2
					}
					w.mustSync()
					var got []string
					for _, job := range w.sim.Ledger().Created()[skip:] {
						got = append(got, fmt.Sprintf("%s %s", job.Forecast, job.Got))
					}
					var want []string
					for _, quarter := range []string{"2000_Q4", "2001_Q1", "2001_Q2", "2000_Q3", "2000_Q2"} {
						want = append(want, "net_arr "+quarter, "bookings "+quarter)
					}
					if strings.Join(got, "\n") != strings.Join(want, "\n") {
						t.Errorf("exported in the order\n  %s\nwant\n  %s", strings.Join(got, "\n  "), strings.Join(want, "\n  "))
					}
				})
			})
		}
	}
}

// TestLastExportOfTheQuota goes to the quarter that matters most.
func TestLastExportOfTheQuota(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, sim.Config{Monthly: 1}, map[string]any{"periods": []string{"1999_Q4..2001_Q1"}, "fiscal_year_start_month": 2})
		if w.sync() == nil {
			t.Fatal("no error")
		}
		landed := w.exports("exported")
		if len(landed) != 1 || landed[0]["requested_period"] != "2000_Q4" {
			t.Errorf("landed %v, want the current quarter", landed)
		}
	})
}

// TestFirstCauseStays: a job failed, and the quota has no place for another: the export failed, and says first of what.
func TestFirstCauseStays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, sim.Config{Monthly: 1, Run: sim.Fixed(20 * time.Second)}, nil)
		w.sim.Add(sim.Fault{Op: sim.Create, Do: sim.Ends(sim.Failed)})
		err := w.sync()
		if err == nil || !strings.Contains(err.Error(), "FAILED") {
			t.Errorf("the error does not say that the job failed: %v", err)
		}
		failed := w.exports("failed")
		if len(failed) != 1 || failed[0]["attempts"] != int64(1) || !strings.Contains(fmt.Sprint(failed[0]["error"]), "FAILED") {
			t.Errorf("failed: %v, left out: %v", failed, w.exports("left_out"))
		}
	})
}
