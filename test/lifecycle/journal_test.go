package lifecycle

import (
	"errors"
	"maps"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
)

// TestKilled: whenever a process is killed, the next sync lands everything, and an export is paid for once.
func TestKilled(t *testing.T) {
	for _, history := range []bool{false, true} {
		for _, ph := range phases {
			name := ph.name
			if history {
				name += ", history"
			}
			t.Run(name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					w := newWorld(t, slow, fields(map[string]any{"periods": []string{"current", "next"}, "history": history})).withState()
					if err := w.sync(ph.trap(w, (*process).kill).options()); err != errKilled {
						t.Fatalf("the trap did not go off: %v", err)
					}
					time.Sleep(5 * time.Minute)
					w.mustSync()
					w.landed()
					w.tidy()
					switch {
					case ph.landed: // all of it was done: a second sync of the day exports anew
						w.spent(4)
					default:
						w.spent(2)
						if n := len(w.values("clari_forecast_entries", "job_id")); n != 2 {
							t.Errorf("rows of %d jobs, want 2", n)
						}
					}
					for job, n := range w.snapshots() {
						if n != 1 {
							t.Errorf("job %v landed as %d snapshots", job, n)
						}
					}
				})
			})
		}
	}
}

// snapshots counts the times by which each job's rows are dated.
func (w *world) snapshots() map[any]int {
	times, n := map[[2]any]bool{}, map[any]int{}
	for _, r := range w.wh.tables["clari_forecast_entries"] {
		if at := [2]any{r["job_id"], r["exported_at"]}; !times[at] {
			times[at] = true
			n[r["job_id"]]++
		}
	}
	return n
}

// TestKilledTwice: a job that nobody has landed yet is adopted as often as it takes.
func TestKilledTwice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, slow, nil).withState()
		for _, ph := range phases[1:7] {
			if err := w.sync(ph.trap(w, (*process).kill).options()); err != errKilled && ph.name != "queued" {
				t.Logf("%s: %v", ph.name, err)
			}
			time.Sleep(5 * time.Second)
		}
		w.mustSync()
		w.landed()
		w.spent(1)
	})
}

// TestAdoptionByAge: what an interrupted sync left behind is adopted while it is worth having.
func TestAdoptionByAge(t *testing.T) {
	for _, test := range []struct {
		name    string
		cfg     sim.Config
		period  string
		after   time.Duration
		adopted bool
	}{
		{"running for less than run_timeout", sim.Config{Run: sim.Fixed(25 * time.Minute)}, "current", 20 * time.Minute, true},
		{"running for longer", sim.Config{Run: sim.Fixed(2 * time.Hour)}, "current", 31 * time.Minute, false},
		{"queued for less than queue_timeout", sim.Config{Queue: sim.Fixed(25 * time.Minute)}, "current", 20 * time.Minute, true},
		{"queued for longer", sim.Config{Queue: sim.Fixed(2 * time.Hour)}, "current", 31 * time.Minute, false},
		{"finished less than six hours ago", sim.Config{Run: sim.Fixed(time.Minute)}, "current", 5*time.Hour + 50*time.Minute, true},
		{"finished longer ago", sim.Config{Run: sim.Fixed(time.Minute)}, "current", 6*time.Hour + 10*time.Minute, false},
		{"final, but not known to be", sim.Config{Run: sim.Fixed(time.Minute)}, "1999_Q1", 48 * time.Hour, false},
		{"expired", sim.Config{Run: sim.Fixed(time.Minute), Life: time.Hour}, "current", 2 * time.Hour, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, test.cfg, map[string]any{"periods": []string{test.period}}).withState()
				if err := w.sync(trap{response: on(sim.Status, (*process).kill)}.options()); err != errKilled {
					t.Fatal(err)
				}
				time.Sleep(test.after)
				w.sim.ClearFaults()
				w.spec["run_timeout"], w.spec["queue_timeout"] = "30m", "30m"
				err := w.sync()
				if created := len(w.sim.Ledger().Created()); created != map[bool]int{true: 1, false: 2}[test.adopted] {
					t.Errorf("%d jobs created; adopted: want %t (%v)", created, test.adopted, err)
				}
				if n := len(w.exports("adopted")); test.adopted && n != 1 {
					t.Errorf("%d rows say adopted", n)
				}
				if n := len(w.sim.Ledger().Of(sim.Cancel)); n > 0 && test.adopted {
					t.Error("an adopted job was cancelled")
				}
				w.landed()
			})
		})
	}
}

// TestForgottenJob: a job that Clari does not know any more, or keeps from us, is forgotten and its export made anew.
func TestForgottenJob(t *testing.T) {
	gone := map[string]sim.Effect{
		"403": sim.Answer(403), "404": sim.Answer(404),
		"invalid_jobId": sim.AnswerJSON(400, map[string]any{"code": "invalid_jobId", "namespace": "exports", "message": "The jobId is not valid."}),
	}
	for _, op := range []sim.Op{sim.Status, sim.Results} {
		for name, effect := range gone {
			t.Run(string(op)+" "+name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					w := newWorld(t, slow, nil).withState()
					if err := w.sync(trap{response: on(sim.Status, (*process).kill)}.options()); err != errKilled {
						t.Fatal(err)
					}
					w.sim.Add(sim.Fault{Op: op, Job: 1, Count: sim.Always, Do: effect})
					w.mustSync()
					if n := w.landed(); n != 1 {
						t.Errorf("%d exports landed", n)
					}
					if n := len(w.sim.Ledger().Created()); n != 2 {
						t.Errorf("%d jobs, want the forgotten one and another", n)
					}
				})
			})
		}
	}
}

// TestLostWhileAdopted: the job of an earlier sync vanishes while it is waited for.
func TestLostWhileAdopted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, slow, nil).withState()
		if err := w.sync(trap{response: on(sim.Status, (*process).kill)}.options()); err != errKilled {
			t.Fatal(err)
		}
		w.sim.Add(sim.Fault{Op: sim.Status, Job: 1, From: 2, Count: sim.Always, Do: sim.Answer(404)})
		w.mustSync()
		if n := w.landed(); n != 1 {
			t.Errorf("%d exports landed", n)
		}
	})
}

// TestBackendDoesNotWrite: a paid export goes on, and the log says so once.
func TestBackendDoesNotWrite(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, slow, fields(map[string]any{"periods": []string{"current", "next"}})).withState()
		w.flush = func(int) call { return call{err: errors.New("disk full")} }
		w.mustSync()
		if n := w.landed(); n != 2 {
			t.Errorf("%d exports landed, want 2", n)
		}
		if n := w.logs.count("warn", ""); n != 1 {
			t.Errorf("%d warnings, want one:\n%s", n, w.logs)
		}
		if len(w.state) > 0 {
			t.Error("state was written")
		}
	})
}

// TestFirstDateStays: where Clari does not tell when a job ended, the first download dates its rows, also after a kill: a second
// download is no second snapshot.
func TestFirstDateStays(t *testing.T) {
	for _, history := range []bool{false, true} {
		for _, ph := range []phase{phases[6], phases[7], phases[9]} {
			t.Run(ph.name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					time.Sleep(22 * time.Hour) // the second sync is on another day
					cfg := slow
					cfg.OmitKeys = []string{"endTime"}
					w := newWorld(t, cfg, map[string]any{"history": history}).withState()
					before := time.Now()
					if err := w.sync(ph.trap(w, (*process).kill).options()); err != errKilled {
						t.Fatal(err)
					}
					time.Sleep(3 * time.Hour)
					w.mustSync()
					w.spent(1)
					if days := w.values("clari_forecast_entries", "snapshot_date"); len(days) != 1 || days[before.Format(time.DateOnly)] == 0 {
						t.Errorf("snapshots of %v, want one of %s", days, before.Format(time.DateOnly))
					}
					for job, n := range w.snapshots() {
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
	for _, test := range []struct {
		name    string
		history bool
		begin   time.Duration // from the epoch, a first of January
		days    int
		fault   sim.Effect
		lost    bool     // the old result cannot be had
		untold  []string // keys that Clari leaves out
	}{
		{"history", true, 12 * time.Hour, 2, sim.Effect{}, false, nil},
		{"no history", false, 12 * time.Hour, 1, sim.Effect{}, false, nil},
		{"history, over the end of a quarter", true, (30*24 + 12) * time.Hour, 2, sim.Effect{}, false, nil},
		{"history, result gone", true, 12 * time.Hour, 1, sim.ResultsGone(), true, nil},
		{"history, result makes no sense", true, 12 * time.Hour, 1, sim.Shorten(200), true, nil},
		{"history, nobody tells when it ended", true, 12 * time.Hour, 2, sim.Effect{}, false, []string{"endTime"}},
		{"history, nobody tells when it ran", true, 12 * time.Hour, 2, sim.Effect{}, false, []string{"startTime", "endTime"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				time.Sleep(test.begin)
				cfg := slow
				cfg.OmitKeys = test.untold
				all := []any{map[string]any{"id": "forecast", "include_historical": true}} // the same request each time
				w := newWorld(t, cfg, map[string]any{"history": test.history, "forecasts": all}).withState()
				if err := w.sync(phases[4].trap(w, (*process).kill).options()); err != errKilled {
					t.Fatal(err)
				}
				time.Sleep(24 * time.Hour)
				if test.lost {
					w.sim.Add(sim.Fault{Op: sim.Results, Job: 1, Count: sim.Always, Do: test.fault})
				}
				if err := w.sync(); (err != nil) != test.lost {
					t.Errorf("error %v", err)
				}
				w.landed()
				w.spent(2)
				time.Sleep(time.Hour)
				w.mustSync() // what was lost is told once
				if days := w.values("clari_forecast_entries", "snapshot_date"); len(days) != test.days {
					t.Errorf("days %v, want %d", days, test.days)
				}
			})
		})
	}
}

// TestNewQuarterSinceTheKill: the job of an interrupted sync is about the quarter that was current when it was asked for.
func TestNewQuarterSinceTheKill(t *testing.T) {
	for _, test := range []struct {
		name  string
		begin time.Duration // first sync, whole; from the epoch, a month before a quarter ends
		kill  time.Duration // second sync, killed
		last  time.Duration // third sync
		spent int
	}{
		{"killed in the old quarter", 24 * time.Hour, 31*24*time.Hour - 2*time.Hour, 31*24*time.Hour + time.Hour, 1 + 1 + 2},
		{"killed in the new quarter", 24 * time.Hour, 31*24*time.Hour + time.Hour, 31*24*time.Hour + 2*time.Hour, 1 + 1 + 1},
		{"killed in the new quarter, long after the old one's end", 24 * time.Hour, 60 * 24 * time.Hour, 70 * 24 * time.Hour, 1 + 1 + 2},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, slow, map[string]any{"settle_days": 0}).withState()
				time.Sleep(test.begin)
				w.mustSync()
				time.Sleep(time.Until(epoch.Add(test.kill)))
				if err := w.sync(phases[4].trap(w, (*process).kill).options()); err != errKilled {
					t.Fatal(err)
				}
				time.Sleep(time.Until(epoch.Add(test.last)))
				w.mustSync()
				w.landed()
				w.spent(test.spent)
			})
		})
	}
}

// TestChangedRequest: what changes the answer makes another export of a settled quarter.
func TestChangedRequest(t *testing.T) {
	for name, change := range map[string]map[string]any{
		"types":    {"forecasts": []map[string]any{{"id": "forecast", "types": []string{"quota"}}}},
		"scope":    {"forecasts": []map[string]any{{"id": "forecast", "scope_id": new(sim.Tenant).ScopeID(1)}}},
		"currency": {"forecasts": []map[string]any{{"id": "forecast", "currency": "EUR"}}},
		"weeks":    {"forecasts": []map[string]any{{"id": "forecast", "include_historical": false}}},
		"format":   {"export_format": "csv"},
		"history":  {"history": true},
		"nothing":  {},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, sim.Config{}, map[string]any{"periods": []string{"1999_Q1"}}).withState()
				w.mustSync()
				w.mustSync()
				w.mustSync()
				w.spent(2)
				maps.Copy(w.spec, change)
				w.mustSync()
				w.spent(map[bool]int{true: 3, false: 2}[len(change) > 0])
			})
		})
	}
}

// TestGarbageInState is survived: what cannot be understood was never written.
func TestGarbageInState(t *testing.T) {
	for _, garbage := range []string{
		"garbage", "null", `{"state":"running"}`, `{"state":"running","job_id":7}`, `{"state":"done","settled":"x"}`, `["garbage", 7]`, `["garbage"]`, `[""]`,
		`{"current":"x","ends":{"x":"9999-01-01T00:00:00Z"}}`, `{"current":"2000_Q4","ends":7}`, `{"state":"creating","at":"soon"}`,
		`{"state":"creating"}`, `{"state":"running","job_id":"never-heard-of"}`,
	} {
		t.Run(garbage, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, sim.Config{}, fields(map[string]any{"periods": []string{"previous", "current"}})).withState()
				w.mustSync()
				for key := range w.state {
					w.state[key] = garbage
				}
				w.mustSync()
				w.spent(4)
				if n := w.landed(); n != 4 {
					t.Errorf("%d exports landed", n)
				}
				if n := len(w.values("clari_forecast_entries", "requested_period")); n != 2 {
					t.Errorf("rows of %d periods", n)
				}
			})
		})
	}
}

// TestKilledAtAnyTime kills a sync of several exports at every few seconds of its life.
func TestKilledAtAnyTime(t *testing.T) {
	for _, concurrency := range []int{1, 3} {
		for after := 50 * time.Millisecond; after < 4*time.Minute; after += 5300 * time.Millisecond {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, sim.Config{Tenant: tiny, Queue: sim.Fixed(5 * time.Second), Run: sim.Between(10*time.Second, 40*time.Second)}, fields(map[string]any{
					"periods": []string{"current", "next", "1999_Q1", "1999_Q2"}, "concurrency": concurrency,
				})).withState()
				err := w.sync(syncOptions{started: func(p *process) { time.AfterFunc(after, p.kill) }})
				done := 0
				for _, value := range w.state {
					done += strings.Count(value, `"state":"done"`)
				}
				if err == nil {
					return
				}
				time.Sleep(10 * time.Second)
				w.mustSync()
				if w.spent(4 + done); t.Failed() {
					t.Fatalf("concurrency %d, killed after %s, %d exports done", concurrency, after, done)
				}
				w.landed()
				w.tidy()
			})
		}
	}
}

// TestKilledWithoutASingleCandidate costs one export more, and the log says so.
func TestKilledWithoutASingleCandidate(t *testing.T) {
	for name, effect := range map[string]sim.Effect{"twin": sim.Twin(), "hidden": sim.Hidden()} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, slow, fields(map[string]any{"periods": []string{"current", "next"}})).withState()
				w.sim.Add(sim.Fault{Op: sim.Create, Do: effect})
				if err := w.sync(phases[1].trap(w, (*process).kill).options()); err != errKilled {
					t.Fatal(err)
				}
				w.mustSync()
				w.landed()
				w.spent(3)
				if n := w.logs.count("warn", "may have created a job"); n != 1 {
					t.Errorf("%d warnings", n)
				}
			})
		})
	}
}

// TestJobIDIsWrittenFirst: the journal has the job's id before the first poll, so that nothing depends on the job list any more.
func TestJobIDIsWrittenFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, slow, nil).withState()
		w.sim.Add(sim.Fault{Op: sim.Create, Do: sim.Hidden()})
		if err := w.sync(trap{request: on(sim.Status, (*process).kill)}.options()); err != errKilled {
			t.Fatal(err)
		}
		w.mustSync()
		w.landed()
		w.spent(1)
	})
}

// TestFinalResultServesLate: what was exported of a quarter after its numbers were final serves for as long as it lives.
func TestFinalResultServesLate(t *testing.T) {
	for _, final := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, slow, map[string]any{"periods": []string{"2000_Q3"}}).withState()
			if !final {
				w.spec["settle_days"] = 100
			}
			w.mustSync() // learns when the quarter ended
			if err := w.sync(phases[4].trap(w, (*process).kill).options()); err != nil && err != errKilled {
				t.Fatal(err)
			}
			w.spent(2)
			time.Sleep(10 * 24 * time.Hour)
			w.mustSync()
			w.landed()
			w.spent(map[bool]int{true: 2, false: 3}[final])
		})
	}
}

// TestSkewedClocks: Clari's clock and ours may differ by hours.
func TestSkewedClocks(t *testing.T) {
	for _, skew := range []time.Duration{-8 * time.Hour, -40 * time.Second, 40 * time.Second, 8 * time.Hour} {
		for _, ph := range phases[:5] {
			t.Run(skew.String()+" "+ph.name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					cfg := slow
					cfg.Skew = skew
					w := newWorld(t, cfg, nil).withState()
					if err := w.sync(ph.trap(w, (*process).kill).options()); err != errKilled {
						t.Fatal(err)
					}
					time.Sleep(time.Minute)
					w.mustSync()
					w.landed()
					w.spent(1)
				})
			})
		}
	}
}

// TestExportsTable tells for each planned export of each sync what became of it.
func TestExportsTable(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := slow
		cfg.Monthly = 8
		w := newWorld(t, cfg, fields(map[string]any{"periods": []string{"1999_Q1", "1999_Q2"}})).withState()
		w.mustSync() // 2 exported
		w.mustSync() // 2 exported
		w.spec["periods"] = []string{"1999_Q1..1999_Q4"}
		if err := w.sync(trap{response: on(sim.Status, (*process).kill)}.options()); err != errKilled { // of 1999_Q4
			t.Fatal(err)
		}
		w.spec["periods"] = []string{"1998_Q4..1999_Q4"}
		w.sim.Add(sim.Fault{Op: sim.Create, Period: "1999_Q3", Count: 3, Do: sim.Ends(sim.Failed)})
		if err := w.sync(); err == nil {
			t.Error("no error")
		}
		want := map[string]int{"exported": 4, "settled": 2, "adopted": 1, "failed": 1, "left_out": 1}
		for outcome, n := range want {
			if got := len(w.exports(outcome)); got != n {
				t.Errorf("%d rows say %s, want %d", got, outcome, n)
			}
		}
		if n := len(w.wh.tables["clari_forecast_exports"]); n != 9 {
			t.Errorf("%d rows", n)
		}
		for _, r := range w.wh.tables["clari_forecast_exports"] {
			ended, lost := r["outcome"] == "exported" || r["outcome"] == "adopted", r["outcome"] == "failed" || r["outcome"] == "left_out"
			if lost != (r["error"] != nil) || ended != (r["entries"] != nil) || ended != (r["ended_at"] != nil && r["status"] == "DONE") {
				t.Errorf("row %v", r)
			}
			if r["requested_period"] == "" || r["requested_at"] == nil {
				t.Errorf("row %v", r)
			}
		}
	})
}
