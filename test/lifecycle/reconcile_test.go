package lifecycle

import (
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	sdk "github.com/cloudquery/plugin-sdk/v4/plugin"

	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
	"github.com/cq-source-clari/cq-source-clari/test/random/schedule"
	"github.com/cq-source-clari/cq-source-clari/test/world"
)

// TestNoListForGood: a sync was killed in a creation, and the job list can never be had. The export fails once at most, and lands in the
// next sync.
func TestNoListForGood(t *testing.T) {
	t.Parallel()
	for _, do := range []sim.Effect{sim.Answer(403), sim.Malformed(), sim.Hang()} {
		t.Run(do.Name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := world.New(t, sim.Config{Run: sim.Fixed(20 * time.Second)}, map[string]any{"max_retries": 1}).WithState()
				w.Sim.Add(sim.Fault{Op: sim.List, Count: sim.Always, Do: do})
				_ = w.Sync(world.Interrupt{Response: world.On(sim.Create, (*world.Process).Kill)}.Options())
				o := world.SyncOptions{SyncOptions: sdk.SyncOptions{Tables: []string{"clari_forecast_*"}}}
				failed := 0
				for range 4 {
					time.Sleep(24 * time.Hour)
					if w.Sync(o) != nil {
						failed++
					}
				}
				if failed > 1 {
					t.Errorf("%d of 4 daily syncs failed, want one at most", failed)
				}
				w.Landed()
			})
		})
	}
}

// TestFoundAtTheTurn: the job of an interrupted creation is found also where Clari calls another quarter current than the calendar of the spec does: its day is
// not everybody's. 2000_Q4 ends with 31 January.
func TestFoundAtTheTurn(t *testing.T) {
	t.Parallel()
	for zone, at := range map[string]time.Time{
		"Pacific/Kiritimati":  time.Date(2000, 1, 31, 20, 0, 0, 0, time.UTC), // where February has begun
		"America/Los_Angeles": time.Date(2000, 2, 1, 3, 0, 0, 0, time.UTC),   // where it has not
		"UTC":                 time.Date(2000, 2, 1, 3, 0, 0, 0, time.UTC),
	} {
		t.Run(zone, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := world.New(t, sim.Config{Run: sim.Fixed(20 * time.Second)}, map[string]any{
					"time_zone": zone, "fiscal_year_start_month": 2, "forecasts": []map[string]any{{"id": "forecast", "include_historical": false}},
				}).WithState()
				time.Sleep(time.Until(at))
				_ = w.Sync(world.Interrupt{Response: world.On(sim.Create, (*world.Process).Kill)}.Options())
				time.Sleep(10 * time.Minute)
				w.MustSync()
				w.Spent(1)
				if n := w.Landed(); n != 1 {
					t.Errorf("%d exports landed, want 1", n)
				}
			})
		})
	}
}

// TestOddItem: an item of the job list that makes no sense is left out. The job of an interrupted creation is found beside it, and
// clari_export_jobs has the others.
func TestOddItem(t *testing.T) {
	t.Parallel()
	for _, item := range []string{"null", `{"status":"DONE"}`} {
		t.Run(item, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := world.New(t, sim.Config{Run: sim.Fixed(20 * time.Second)}, nil).WithState()
				w.Sim.Add(sim.Fault{Op: sim.List, Count: sim.Always, Do: sim.OddItem(item)})
				_ = w.Sync(world.Interrupt{Response: world.On(sim.Create, (*world.Process).Kill)}.Options())
				time.Sleep(10 * time.Minute)
				w.MustSync()
				w.Spent(1)
				if n := w.Landed(); n != 1 {
					t.Errorf("%d exports landed, want 1", n)
				}
				if len(w.Destination.Tables["clari_export_jobs"]) != 1 {
					t.Errorf("%d rows of clari_export_jobs, want 1", len(w.Destination.Tables["clari_export_jobs"]))
				}
			})
		})
	}
}

// TestStrangersJobIsNotTaken: a creation made no job, and the list has one of the same user, tab and quarter that it did not make. It is
// taken only if it is as good as the export's own: of its format, with all types and weeks that the last result had. What has landed
// before is in the view as it was.
func TestStrangersJobIsNotTaken(t *testing.T) {
	t.Parallel()
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
				w := world.New(t, sim.Config{Run: sim.Fixed(20 * time.Second)}, map[string]any{"periods": []string{"1999_Q4"}, "settle_days": 1000}).WithState()
				if test.landedBefore {
					w.MustSync()
					time.Sleep(24 * time.Hour)
				}
				before := len(w.Sim.Ledger().Created())
				j := sim.Job{
					Forecast: "forecast", Asked: "1999_Q4", Types: []string{"forecast", "forecast_updated", "quota", "adjustment"},
					Historical: true, Format: "JSON", Run: 20 * time.Second,
				}
				schedule.Changes[test.change](&j)
				w.Sim.Add(sim.Fault{Op: sim.Create, Do: sim.Answer(504)})
				options := world.Interrupt{Request: world.On(sim.Create, func(*world.Process) { j = w.Sim.Plant(j) })}.Options()
				w.MustSync(options)
				landed := slices.ContainsFunc(w.Destination.Rows("clari_forecast_exports", world.HasLanded), func(r world.Row) bool { return r["job_id"] == j.ID })
				if landed != test.taken {
					t.Errorf("the stranger's job landed: %t, want %t", landed, test.taken)
				}
				if made := len(w.Sim.Ledger().Created()) - before; made != map[bool]int{true: 0, false: 1}[test.taken] {
					t.Errorf("%d jobs were created", made)
				}
				if n := len(w.Sim.Ledger().Of(sim.Cancel)); n > 0 {
					t.Errorf("%d jobs were cancelled", n)
				}
			})
		})
	}
}

// TestStrangersCurrency: a creation without a currency made no job, and the list has one in a currency that the spec asks for apart. That
// one is not taken: its rows would be in the tables as if they were the tab's own.
func TestStrangersCurrency(t *testing.T) {
	t.Parallel()
	for _, both := range []bool{false, true} {
		t.Run(fmt.Sprintf("asked for apart: %t", both), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				tabs := []any{map[string]any{"id": "forecast"}}
				if both {
					tabs = append(tabs, map[string]any{"id": "forecast", "currency": "GBP"})
				}
				w := world.New(t, sim.Config{Run: sim.Fixed(20 * time.Second)}, map[string]any{"forecasts": tabs, "periods": []string{"1999_Q4"}})
				j := sim.Job{Forecast: "forecast", Asked: "1999_Q4", Currency: "GBP", Types: []string{"forecast", "quota"}, Historical: true, Format: "JSON", Run: 20 * time.Second}
				w.Sim.Add(sim.Fault{Op: sim.Create, Do: sim.Answer(504)})
				w.MustSync(world.Interrupt{Request: world.On(sim.Create, func(*world.Process) { j = w.Sim.Plant(j) })}.Options())
				taken := slices.ContainsFunc(w.Destination.Rows("clari_forecast_exports", world.HasLanded), func(r world.Row) bool { return r["job_id"] == j.ID })
				if taken == both {
					t.Errorf("the stranger's job landed: %t", taken)
				}
			})
		})
	}
}
