// Package lifecycle tests what happens to an export in a sync: whole syncs in virtual time. Its files are named as the steps of an export.
// What is due in a sync is tested in due, what becomes of full queues, quota and throttling in limits.
package lifecycle

import (
	"fmt"
	"maps"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
	"github.com/cq-source-clari/cq-source-clari/test/world"
)

// TestUnclearCreation: Clari may have made a job although the plugin was not told. Its job is found in the list and used; a second one
// is made only where none can be told. What else can happen to a creation is in the fault matrix.
func TestUnclearCreation(t *testing.T) {
	t.Parallel()
	twin, hidden := sim.Twin(), sim.Hidden()
	for _, test := range []struct {
		name    string
		do      sim.Effect
		also    *sim.Effect // happens to the job
		list    *sim.Effect // happens to the job list, always
		created int
		lost    bool // the export fails
	}{
		{name: "504, processed", do: sim.Answer(504).AfterProcessing(), created: 1},
		{name: "reset, processed", do: sim.Reset().AfterProcessing(), created: 1},
		{name: "answer cut", do: sim.Cut(3), created: 1},
		{name: "reset, not processed", do: sim.Reset(), created: 1},
		{name: "two candidates", do: sim.Answer(504).AfterProcessing(), also: &twin, created: 2},
		{name: "not in the list", do: sim.Answer(504).AfterProcessing(), also: &hidden, created: 2},
		{name: "list refused", do: sim.Answer(504).AfterProcessing(), list: new(sim.Answer(403)), created: 1, lost: true},
	} {
		for _, backend := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s, backend %t", test.name, backend), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					w := world.New(t, world.Slow, map[string]any{"max_retries": 2})
					if backend {
						w.WithState()
					}
					w.Sim.Add(sim.Fault{Op: sim.Create, Do: test.do})
					if test.also != nil {
						w.Sim.Add(sim.Fault{Op: sim.Create, Do: *test.also})
					}
					if test.list != nil {
						w.Sim.Add(sim.Fault{Op: sim.List, Count: sim.Always, Do: *test.list})
					}
					err := w.Sync(world.ExportsOnly())
					if (err != nil) != test.lost {
						t.Errorf("error %v", err)
					}
					if test.lost && backend { // the next sync finds it
						w.Sim.ClearFaults()
						w.MustSync(world.ExportsOnly())
					}
					if n := w.Landed(); n != 1 && (backend || !test.lost) {
						t.Errorf("%d exports landed", n)
					}
					if n := len(w.Sim.Ledger().Created()); n != test.created {
						t.Errorf("%d jobs, want %d", n, test.created)
					}
					w.Tidy()
				})
			})
		}
	}
}

// TestCandidates: jobs that others of this user made, or we made for something else, are never taken for the one of an unclear creation
// that was not processed.
func TestCandidates(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name  string
		plant sim.Job
		at    time.Duration // when, from the creation
	}{
		{"another period", sim.Job{Forecast: "net_arr", Asked: "1999_Q2"}, 0},
		{"another tab", sim.Job{Forecast: "bookings", Asked: "1999_Q1"}, 0},
		{"another currency", sim.Job{Forecast: "net_arr", Asked: "1999_Q1", Currency: "JPY"}, 0},
		{"before", sim.Job{Forecast: "net_arr", Asked: "1999_Q1", Currency: "EUR"}, -time.Minute},
		{"after", sim.Job{Forecast: "net_arr", Asked: "1999_Q1", Currency: "EUR"}, 10 * time.Second},
		{"another module", sim.Job{Forecast: "net_arr", Asked: "1999_Q1", Currency: "EUR", FileName: "clari_export_activity_1.json"}, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				cfg := world.Slow
				cfg.Tenant.Tabs = world.ThreeTabs
				var planted sim.Job
				var w *world.World
				cfg.Intercept = func(x *sim.Exchange) bool {
					if x.Op == sim.Create && planted.ID == "" {
						job := test.plant
						job.CreatedAt = time.Now().Add(test.at)
						planted = w.Sim.Plant(job)
					}
					return false
				}
				w = world.New(t, cfg, map[string]any{
					"periods": []string{"1999_Q1"}, "forecasts": []map[string]any{{"id": "net_arr", "currency": "EUR"}},
				}).WithState()
				w.Sim.Add(sim.Fault{Op: sim.Create, Do: sim.Answer(504)})
				w.MustSync()
				w.Spent(1)
				if n := w.Values("clari_forecast_entries", "job_id")[planted.ID]; n != 0 || planted.ID == "" {
					t.Errorf("%d rows of a job that is not ours (%s)", n, planted.ID)
				}
				w.Landed()
			})
		})
	}
}

// TestTwoUnclearOfOnePeriod: where two exports of one tab and period may have a job nobody knows, neither takes what may be the other's.
func TestTwoUnclearOfOnePeriod(t *testing.T) {
	t.Parallel()
	for _, concurrency := range []int{1, 2} {
		t.Run(fmt.Sprint(concurrency), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				scope := new(sim.Tenant).ScopeID(1)
				w := world.New(t, world.Slow, world.Fields(map[string]any{
					"forecasts":   []map[string]any{{"id": "forecast"}, {"id": "forecast", "scope_id": scope}},
					"concurrency": concurrency, "delay_between_exports": "0s",
				})).WithState()
				w.Sim.Add(sim.Fault{Op: sim.Create, Count: 2, Do: sim.Answer(504).AfterProcessing()})
				w.MustSync()
				if n := w.Landed(); n != 2 {
					t.Errorf("%d exports landed", n)
				}
				for _, r := range w.Destination.Tables["clari_forecast_exports"] {
					for _, job := range w.Sim.Ledger().Jobs {
						if job.ID == r["job_id"] && job.Scope != r["scope_id"] {
							t.Errorf("scope %q landed the job of scope %q", r["scope_id"], job.Scope)
						}
					}
				}
				if n := len(w.Sim.Ledger().Created()); n > 4 {
					t.Errorf("%d jobs", n)
				}
			})
		})
	}
}

// TestCurrentIsNotTakenForAnother: a job of another quarter of the tab is never taken for that of the current one.
func TestCurrentIsNotTakenForAnother(t *testing.T) {
	t.Parallel()
	for _, more := range []map[string]any{{}, {"fiscal_year_start_month": 2}} {
		synctest.Test(t, func(t *testing.T) {
			w := world.New(t, world.Slow, world.Fields(map[string]any{"periods": []string{"current", "1999_Q1"}, "max_retries": 0})).WithState()
			maps.Copy(w.Spec, more)
			if len(more) == 0 {
				w.MustSync() // then state knows which quarter is current
				w.Spec["refresh"] = []string{"1999_Q1"}
			}
			// The first creation is lost and not processed; the second is processed, and then the process dies.
			w.Sim.Add(
				sim.Fault{Op: sim.Create, Period: "", From: 1, Do: sim.Answer(504)},
				sim.Fault{Op: sim.List, Count: sim.Always, Do: sim.Answer(502)},
			)
			creations := 0
			err := w.Sync(world.Interrupt{Response: func(p *world.Process, op sim.Op) {
				if op == sim.Create {
					if creations++; creations == 2 {
						p.Kill()
					}
				}
			}}.Options())
			if err != world.ErrKilled {
				t.Fatal(err)
			}
			w.Sim.ClearFaults()
			w.MustSync()
			w.Landed()
			for _, r := range w.Destination.Tables["clari_forecast_exports"] {
				for _, job := range w.Sim.Ledger().Jobs {
					if job.ID == r["job_id"] && job.Asked == "1999_Q1" && r["requested_period"] != "1999_Q1" {
						t.Errorf("the current quarter landed the job of 1999_Q1")
					}
				}
			}
			if n := len(w.Values("clari_forecast_entries", "requested_period")); n != 2 {
				t.Errorf("rows of %d quarters, want 2", n)
			}
		})
	}
}

// TestJobOfACreationUnderWay: a job may be in the list before its own creation is answered. It is not taken for another export's.
func TestJobOfACreationUnderWay(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := world.New(t, sim.Config{Run: sim.Fixed(5 * time.Second)}, map[string]any{
			"concurrency": 2, "delay_between_exports": "1s",
		})
		id := w.Sim.Tenant().Tabs[0].ID
		w.Spec["forecasts"] = []map[string]any{{"id": id}, {"id": id, "currency": "EUR"}}
		w.Sim.Add(sim.Fault{Op: sim.Create, Do: sim.Answer(504)}, sim.Fault{Op: sim.Create, From: 2, Do: sim.Hang().AfterProcessing()})
		_ = w.Sync()
		for _, r := range w.Destination.Rows("clari_forecast_exports", world.HasLanded) {
			for _, job := range w.Sim.Ledger().Jobs {
				if job.ID == r["job_id"] && job.Currency != r["requested_currency"] {
					t.Errorf("%q landed from a job in %q:\n%s", r["requested_currency"], job.Currency, w.Logs)
				}
			}
		}
		w.Landed()
	})
}
