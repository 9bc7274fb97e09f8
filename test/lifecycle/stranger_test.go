package lifecycle

import (
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
)

// TestStrangersJobIsNotTaken: a creation made no job, and the list has one of the same user, tab and quarter that it did not make. It is
// taken only if it is as good as the export's own: of its format, with all types and weeks that the last result had. What has landed
// before is in the view as it was.
func TestStrangersJobIsNotTaken(t *testing.T) {
	for _, test := range []struct {
		change       string
		landedBefore bool
		taken        bool
	}{
		{"nothing", false, true},
		{"nothing", true, true},
		{"format", false, false},
		{"format", true, false},
		{"types", false, true}, // forecast amounts, and nothing is known that it lacks
		{"types", true, false},
		{"amounts", false, false},
		{"amounts", true, false},
		{"weeks", false, false},
		{"weeks", true, false},
		{"extent", true, false},
	} {
		t.Run(fmt.Sprintf("%s, landed before: %t", test.change, test.landedBefore), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, sim.Config{Run: sim.Fixed(20 * time.Second)}, map[string]any{"periods": []string{"1999_Q4"}, "settle_days": 1000}).withState()
				if test.landedBefore {
					w.mustSync()
					time.Sleep(24 * time.Hour)
				}
				before := len(w.sim.Ledger().Created())
				j := sim.Job{
					Forecast: "forecast", Asked: "1999_Q4", Types: []string{"forecast", "forecast_updated", "quota", "adjustment"},
					Historical: true, Format: "JSON", Run: 20 * time.Second,
				}
				changes[test.change](&j)
				w.sim.Add(sim.Fault{Op: sim.Create, Do: sim.Answer(504)})
				options := trap{request: on(sim.Create, func(*process) { j = w.sim.Plant(j) })}.options()
				w.mustSync(options)
				landed := slices.ContainsFunc(w.wh.rows("clari_forecast_exports", hasLanded), func(r row) bool { return r["job_id"] == j.ID })
				if landed != test.taken {
					t.Errorf("the stranger's job landed: %t, want %t", landed, test.taken)
				}
				if made := len(w.sim.Ledger().Created()) - before; made != map[bool]int{true: 0, false: 1}[test.taken] {
					t.Errorf("%d jobs were created", made)
				}
				if n := len(w.sim.Ledger().Of(sim.Cancel)); n > 0 {
					t.Errorf("%d jobs were cancelled", n)
				}
			})
		})
	}
}

// TestStrangersCurrency: a creation without a currency made no job, and the list has one in a currency that the spec asks for apart. That
// one is not taken: its rows would be in the tables as if they were the tab's own.
func TestStrangersCurrency(t *testing.T) {
	for _, both := range []bool{false, true} {
		t.Run(fmt.Sprintf("asked for apart: %t", both), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				tabs := []any{map[string]any{"id": "forecast"}}
				if both {
					tabs = append(tabs, map[string]any{"id": "forecast", "currency": "GBP"})
				}
				w := newWorld(t, sim.Config{Run: sim.Fixed(20 * time.Second)}, map[string]any{"forecasts": tabs, "periods": []string{"1999_Q4"}})
				j := sim.Job{Forecast: "forecast", Asked: "1999_Q4", Currency: "GBP", Types: []string{"forecast", "quota"}, Historical: true, Format: "JSON", Run: 20 * time.Second}
				w.sim.Add(sim.Fault{Op: sim.Create, Do: sim.Answer(504)})
				w.mustSync(trap{request: on(sim.Create, func(*process) { j = w.sim.Plant(j) })}.options())
				taken := slices.ContainsFunc(w.wh.rows("clari_forecast_exports", hasLanded), func(r row) bool { return r["job_id"] == j.ID })
				if taken == both {
					t.Errorf("the stranger's job landed: %t", taken)
				}
			})
		})
	}
}

// TestStoppedCancelsWhatItKnows: a sync without a state backend is stopped while one of its jobs runs and another is being created, and
// the job list hangs. The job that it knows is cancelled in time; the stranger's, which looks like the other, is not.
func TestStoppedCancelsWhatItKnows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, sim.Config{Tenant: sim.Tenant{Tabs: threeTabs}, Run: sim.Fixed(10 * time.Minute)}, map[string]any{
			"forecasts": forecasts(threeTabs[:2]...), "concurrency": 2, "delay_between_exports": "1s",
		})
		w.sim.Add(sim.Fault{Op: sim.Create, Forecast: threeTabs[1].ID, Do: sim.Hang()}, sim.Fault{Op: sim.List, Count: sim.Always, Do: sim.Hang()})
		w.sim.Plant(sim.Job{CreatedAt: epoch.Add(20 * time.Second), Forecast: threeTabs[1].ID, Run: time.Hour, Historical: true})
		began := time.Now()
		err := w.sync(syncOptions{started: func(p *process) { time.AfterFunc(30*time.Second, p.cancel) }})
		if took := time.Since(began) - 30*time.Second; err == nil || took > 3*time.Second {
			t.Errorf("took %s to stop: %v", took, err)
		}
		ledger := w.sim.Ledger()
		for _, job := range ledger.Jobs {
			if cancelled := !job.CancelledAt.IsZero(); cancelled != (job.Number == 1) {
				t.Errorf("job of %s, created by request %d: cancelled: %t\n%s", job.Forecast, job.Request, cancelled, ledger)
			}
		}
	})
}

// TestStoppedCancelsUnpaced: a slow pace is no reason to leave jobs behind.
func TestStoppedCancelsUnpaced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, sim.Config{Tenant: sim.Tenant{Tabs: threeTabs}, Run: sim.Fixed(30 * time.Minute)}, map[string]any{
			"forecasts": forecasts(threeTabs...), "concurrency": 3, "delay_between_exports": "0s", "requests_per_second": 0.1,
		})
		_ = w.sync(syncOptions{started: func(p *process) { time.AfterFunc(10*time.Minute, p.cancel) }})
		if n := len(w.sim.Ledger().Created()); n != 3 {
			t.Fatalf("%d jobs were created, want 3", n)
		}
		w.spent(0)
	})
}
