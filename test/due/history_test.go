package due

import (
	"maps"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
	"github.com/cq-source-clari/cq-source-clari/test/world"
)

// TestHistory keeps one snapshot of each day: the last one of it.
func TestHistory(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		tenant := sim.Tenant{ChangeEvery: time.Minute}
		w := world.New(t, sim.Config{Tenant: tenant, Run: sim.Fixed(time.Minute)}, world.Fields(map[string]any{
			"history": true, "periods": []string{"current", "next"},
		})).WithState()
		for day := range 3 {
			dayAt(day, 6)
			w.MustSync()
			dayAt(day, 18)
			w.MustSync()
			if days := w.Values("clari_forecast_entries", "snapshot_date"); len(days) != day+1 {
				t.Errorf("snapshots of %v after %d days", days, day+1)
			}
			// The first export of a calendar week has every week, of which later ones of that day replace the latest: a Saturday, a Sunday,
			// and the Monday on which a week begins. Other exports have the latest week, and the second of a day replaces the first.
			if jobs := w.Values("clari_forecast_entries", "job_id"); len(jobs) != []int{3, 5, 8}[day] {
				t.Errorf("rows of %d jobs after %d days", len(jobs), day+1)
			}
		}
		w.Landed()
		w.Spent(12)
	})
}

// TestSnapshotDate is the day of the data in the user's time zone.
func TestSnapshotDate(t *testing.T) {
	t.Parallel()
	for zone, want := range map[string]string{"UTC": "2000-01-02", "America/New_York": "2000-01-01", "Pacific/Kiritimati": "2000-01-02"} {
		synctest.Test(t, func(t *testing.T) {
			w := world.New(t, sim.Config{}, map[string]any{"history": true, "time_zone": zone}).WithState()
			dayAt(1, 2)
			w.MustSync()
			if days := w.Values("clari_forecast_entries", "snapshot_date"); len(days) != 1 || days[want] == 0 {
				t.Errorf("%s: %v, want %s", zone, days, want)
			}
		})
	}
}

// TestHistorySwitchedOn: rows from before the switch stay as they are.
func TestHistorySwitchedOn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := world.New(t, sim.Config{}, nil).WithState()
		w.MustSync()
		before := maps.Clone(w.Destination.Tables["clari_forecast_entries"])
		w.Spec["history"] = true
		dayAt(1, 0)
		w.MustSync()
		for id, r := range before {
			if now := w.Destination.Tables["clari_forecast_entries"][id]; now == nil || now["job_id"] != r["job_id"] {
				t.Fatalf("row %s of before the switch has changed", id)
			}
		}
		if len(w.Destination.Tables["clari_forecast_entries"]) == len(before) {
			t.Error("no snapshot was added")
		}
	})
}

// TestNeedsBackend: what works only with a state backend is refused without one, before anything is sent.
func TestNeedsBackend(t *testing.T) {
	t.Parallel()
	for key, value := range map[string]any{"history": true, "refresh": []string{"previous"}} {
		synctest.Test(t, func(t *testing.T) {
			w := world.New(t, sim.Config{}, map[string]any{key: value})
			err := w.Sync()
			if err == nil || !strings.Contains(err.Error(), key) || !strings.Contains(err.Error(), "backend_options:") {
				t.Errorf("error %v", err)
			}
			if n := len(w.Sim.Ledger().Requests); n != 0 {
				t.Errorf("%d requests", n)
			}
		})
	}
}

// TestFirstDateStays: where Clari does not tell when a job ended, the first download dates its rows, also after a kill: a second
// download is no second snapshot.
func TestFirstDateStays(t *testing.T) {
	t.Parallel()
	for _, history := range []bool{false, true} {
		for _, ph := range []world.Moment{world.Moments[6], world.Moments[7], world.Moments[9]} {
			t.Run(ph.Name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					time.Sleep(22 * time.Hour) // the second sync is on another day
					cfg := world.Slow
					cfg.OmitKeys = []string{"endTime"}
					w := world.New(t, cfg, map[string]any{"history": history}).WithState()
					before := time.Now()
					if err := w.Sync(ph.Interrupt(w, (*world.Process).Kill).Options()); err != world.ErrKilled {
						t.Fatal(err)
					}
					time.Sleep(3 * time.Hour)
					w.MustSync()
					w.Spent(1)
					if days := w.Values("clari_forecast_entries", "snapshot_date"); len(days) != 1 || days[before.Format(time.DateOnly)] == 0 {
						t.Errorf("snapshots of %v, want one of %s", days, before.Format(time.DateOnly))
					}
					for job, n := range w.Snapshots() {
						if n != 1 {
							t.Errorf("job %v has %d dates", job, n)
						}
					}
				})
			})
		}
	}
}

// TestOldResultKeepsItsDay: a result too old to be adopted still is the only record of its day, where days are kept.
func TestOldResultKeepsItsDay(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	for _, test := range []struct {
		name    string
		history bool
		begin   time.Duration // from the epoch, a first of January
		later   time.Duration // the next sync
		days    int
		fault   sim.Effect
		lost    bool     // the old result cannot be had
		untold  []string // keys that Clari leaves out
	}{
		{"history", true, 12 * time.Hour, day, 2, sim.Effect{}, false, nil},
		{"no history", false, 12 * time.Hour, day, 1, sim.Effect{}, false, nil},
		{"history, over the end of a quarter", true, (30*24 + 12) * time.Hour, day, 2, sim.Effect{}, false, nil},
		{"history, over the end of a quarter in every time zone", true, (30*24 + 12) * time.Hour, 2 * day, 2, sim.Effect{}, false, nil},
		{"history, result gone", true, 12 * time.Hour, day, 1, sim.ResultsGone(), true, nil},
		{"history, result makes no sense", true, 12 * time.Hour, day, 1, sim.Shorten(200), true, nil},
		{"history, nobody tells when it ended", true, 12 * time.Hour, day, 2, sim.Effect{}, false, []string{"endTime"}},
		{"history, nobody tells when it ran", true, 12 * time.Hour, day, 2, sim.Effect{}, false, []string{"startTime", "endTime"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				time.Sleep(test.begin)
				cfg := world.Slow
				cfg.OmitKeys = test.untold
				all := []any{map[string]any{"id": "forecast", "include_historical": true}} // the same request each time
				w := world.New(t, cfg, map[string]any{"history": test.history, "forecasts": all}).WithState()
				if err := w.Sync(world.Moments[4].Interrupt(w, (*world.Process).Kill).Options()); err != world.ErrKilled {
					t.Fatal(err)
				}
				time.Sleep(test.later)
				if test.lost {
					w.Sim.Add(sim.Fault{Op: sim.Results, Job: 1, Count: sim.Always, Do: test.fault})
				}
				if err := w.Sync(); (err != nil) != test.lost {
					t.Errorf("error %v", err)
				}
				w.Landed()
				w.Spent(2)
				if kept := w.Exports("kept"); len(kept) > 0 {
					t.Errorf("planned without need: %v", kept)
				}
				time.Sleep(time.Hour)
				w.MustSync() // what was lost is told once
				if days := w.Values("clari_forecast_entries", "snapshot_date"); len(days) != test.days {
					t.Errorf("days %v, want %d", days, test.days)
				}
			})
		})
	}
}

// TestOldResultIsNotCurrent: a result that an earlier sync left, landed late for the sake of its day, does not tell which quarter is
// current today. The flat shapes do not tell when their quarter ends.
func TestOldResultIsNotCurrent(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := world.New(t, sim.Config{Tenant: sim.Tenant{Tabs: world.ThreeTabs}, JSON: sim.FlatLists}, map[string]any{
			"forecasts": world.Forecasts(world.ThreeTabs[:2]...), "periods": []string{"current", "next"}, "history": true, "fiscal_year_start_month": 2,
		}).WithState()
		time.Sleep(19 * 24 * time.Hour) // to 20 January
		results := 0
		_ = w.Sync(world.Interrupt{Response: func(p *world.Process, op sim.Op) {
			if op == sim.Results {
				if results++; results == 2 {
					p.Kill()
				}
			}
		}}.Options())
		time.Sleep(20 * 24 * time.Hour) // into the next quarter, and the results are still to be had
		if err := w.Sync(); err != nil {
			t.Fatal(err)
		}
		next := w.Sim.Current().Add(1).String()
		if len(w.Destination.Rows("clari_forecast_exports", func(r world.Row) bool { return world.HasLanded(r) && r["requested_period"] == next })) != 2 {
			t.Errorf("%s has not landed:\n%s", next, w.Logs)
		}
	})
}
