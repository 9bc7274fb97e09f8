package due

import (
	"errors"
	"maps"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cq-source-clari/cq-source-clari/client/spec"
	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
	"github.com/cq-source-clari/cq-source-clari/test/world"
)

// TestAdoptionByAge: what an interrupted sync left behind is adopted while it is worth having.
func TestAdoptionByAge(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name    string
		cfg     sim.Config
		period  string
		after   time.Duration
		adopted bool
	}{
		{"running for less than queue_timeout and run_timeout", sim.Config{Run: sim.Fixed(50 * time.Minute)}, "current", 40 * time.Minute, true},
		{"running for longer", sim.Config{Run: sim.Fixed(2 * time.Hour)}, "current", 61 * time.Minute, false},
		{"queued for less than queue_timeout and run_timeout", sim.Config{Queue: sim.Fixed(50 * time.Minute)}, "current", 40 * time.Minute, true},
		{"queued for longer", sim.Config{Queue: sim.Fixed(2 * time.Hour)}, "current", 61 * time.Minute, false},
		{"finished less than six hours ago", sim.Config{Run: sim.Fixed(time.Minute)}, "current", 5*time.Hour + 50*time.Minute, true},
		{"finished longer ago", sim.Config{Run: sim.Fixed(time.Minute)}, "current", 6*time.Hour + 10*time.Minute, false},
		{"final, but not known to be", sim.Config{Run: sim.Fixed(time.Minute)}, "1999_Q1", 48 * time.Hour, false},
		{"expired", sim.Config{Run: sim.Fixed(time.Minute), Life: time.Hour}, "current", 2 * time.Hour, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := world.New(t, test.cfg, map[string]any{"periods": []string{test.period}}).WithState()
				if err := w.Sync(world.Interrupt{Response: world.On(sim.Status, (*world.Process).Kill)}.Options()); err != world.ErrKilled {
					t.Fatal(err)
				}
				time.Sleep(test.after)
				w.Sim.ClearFaults()
				w.Spec["run_timeout"], w.Spec["queue_timeout"] = "30m", "30m"
				err := w.Sync()
				if created := len(w.Sim.Ledger().Created()); created != map[bool]int{true: 1, false: 2}[test.adopted] {
					t.Errorf("%d jobs created; adopted: want %t (%v)", created, test.adopted, err)
				}
				if n := len(w.Exports("adopted")); test.adopted && n != 1 {
					t.Errorf("%d rows say adopted", n)
				}
				if n := len(w.Sim.Ledger().Of(sim.Cancel)); n > 0 && test.adopted {
					t.Error("an adopted job was cancelled")
				}
				w.Landed()
			})
		})
	}
}

// TestForgottenJob: a job that Clari does not know any more, or keeps from us, is forgotten and its export made anew.
func TestForgottenJob(t *testing.T) {
	t.Parallel()
	gone := map[string]sim.Effect{
		"403": sim.Answer(403), "404": world.NotFound,
		"invalid_jobId": sim.AnswerJSON(400, map[string]any{"code": "invalid_jobId", "namespace": "exports", "message": "The jobId is not valid."}),
	}
	for _, op := range []sim.Op{sim.Status, sim.Results} {
		for name, effect := range gone {
			t.Run(string(op)+" "+name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					w := world.New(t, world.Slow, nil).WithState()
					if err := w.Sync(world.Interrupt{Response: world.On(sim.Status, (*world.Process).Kill)}.Options()); err != world.ErrKilled {
						t.Fatal(err)
					}
					w.Sim.Add(sim.Fault{Op: op, Job: 1, Count: sim.Always, Do: effect})
					w.MustSync()
					if n := w.Landed(); n != 1 {
						t.Errorf("%d exports landed", n)
					}
					if n := len(w.Sim.Ledger().Created()); n != 2 {
						t.Errorf("%d jobs, want the forgotten one and another", n)
					}
				})
			})
		}
	}
}

// TestLostWhileAdopted: the job of an earlier sync vanishes while it is waited for.
func TestLostWhileAdopted(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := world.New(t, world.Slow, nil).WithState()
		if err := w.Sync(world.Interrupt{Response: world.On(sim.Status, (*world.Process).Kill)}.Options()); err != world.ErrKilled {
			t.Fatal(err)
		}
		w.Sim.Add(sim.Fault{Op: sim.Status, Job: 1, From: 2, Count: sim.Always, Do: world.NotFound})
		w.MustSync()
		if n := w.Landed(); n != 1 {
			t.Errorf("%d exports landed", n)
		}
	})
}

// TestBackendDoesNotWrite: a paid export goes on, and the log says so once.
func TestBackendDoesNotWrite(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := world.New(t, world.Slow, world.Fields(map[string]any{"periods": []string{"current", "next"}})).WithState()
		w.Flush = func(int) world.Flush { return world.Flush{Err: errors.New("disk full")} }
		w.MustSync()
		if n := w.Landed(); n != 2 {
			t.Errorf("%d exports landed, want 2", n)
		}
		if n := w.Logs.Count("warn", ""); n != 1 {
			t.Errorf("%d warnings, want one:\n%s", n, w.Logs)
		}
		if len(w.State) > 0 {
			t.Error("state was written")
		}
	})
}

// TestNewQuarterSinceTheKill: the job of an interrupted sync is about the quarter that was current when it was asked for. It lands as that quarter's where it
// is fresh, and what is current by then comes with it where Clari surely calls another quarter so, else with the next sync.
func TestNewQuarterSinceTheKill(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name    string
		kill    time.Duration // second sync, killed; from the epoch, a month before a quarter ends
		last    time.Duration // third sync
		adopted int
		spent   int // in the third sync
		then    int // in a fourth, six hours later
	}{
		{"killed in the old quarter", 31*24*time.Hour - 2*time.Hour, 31*24*time.Hour + time.Hour, 1, 0, 2}, // final rows of the old quarter are due by then
		{"killed in the old quarter, long ago", 31*24*time.Hour - 8*time.Hour, 31*24*time.Hour + time.Hour, 0, 2, 1},
		{"killed in the new quarter", 31*24*time.Hour + time.Hour, 31*24*time.Hour + 2*time.Hour, 1, 1, 1},
		{"killed in the new quarter, long after the old one's end", 60 * 24 * time.Hour, 70 * 24 * time.Hour, 0, 2, 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := world.New(t, world.Slow, map[string]any{"settle_days": 0}).WithState()
				time.Sleep(24 * time.Hour)
				w.MustSync()
				time.Sleep(time.Until(world.Epoch.Add(test.kill)))
				if err := w.Sync(world.Moments[4].Interrupt(w, (*world.Process).Kill).Options()); err != world.ErrKilled {
					t.Fatal(err)
				}
				time.Sleep(time.Until(world.Epoch.Add(test.last)))
				w.MustSync()
				w.Landed()
				if n := len(w.Exports("adopted")); n != test.adopted {
					t.Errorf("%d exports adopted", n)
				}
				w.Spent(2 + test.spent)
				time.Sleep(6 * time.Hour)
				w.MustSync()
				w.Landed()
				w.Spent(2 + test.spent + test.then)
			})
		})
	}
}

// TestTooLongForTheOldQuarter: a result of the current quarter that is too long is not paid for again before the limit is raised, or the quarter is over.
func TestTooLongForTheOldQuarter(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := world.New(t, sim.Config{}, map[string]any{}).WithState()
		dayAt(20, 6)
		w.MustSync()
		w.Spec["max_result_bytes"] = "2KiB"
		for _, sync := range []struct{ day, spent int }{{25, 2}, {26, 2}, {31, 4}} { // the fiscal year 2001 begins, and the old quarter is not final
			dayAt(sync.day, 6)
			if err := w.Sync(); err == nil {
				t.Error("a long result landed")
			}
			w.Spent(sync.spent)
		}
	})
}

// TestStateNotWritten: a backend that takes no write in a sync that refreshes a final quarter. The next sync does not land the older stored result over newer
// rows, and does not pay again where the job is known by then.
func TestStateNotWritten(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		failing int // flushes
		spent   int // in the sync after
	}{
		"for a while": {2, 2},
		"at all":      {1000, 2},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				cfg := sim.Config{Tenant: sim.Tenant{ChangeEvery: time.Hour}}
				w := world.New(t, cfg, map[string]any{"periods": []string{"2000_Q3"}}).WithState()
				w.MustSync() // final rows, once
				time.Sleep(24 * time.Hour)
				w.Spec["refresh"] = []string{"2000_Q3"}
				w.Flush = func(n int) world.Flush {
					if n <= test.failing {
						return world.Flush{Err: errors.New("disk full")}
					}
					return world.Flush{}
				}
				_ = w.Sync()
				newest := newestExport(w)
				w.Flush = nil
				delete(w.Spec, "refresh")
				time.Sleep(24 * time.Hour)
				w.MustSync()
				if after := newestExport(w); after < newest {
					t.Errorf("rows of %s are there, and were of %s", after, newest)
				}
				w.Spent(test.spent)
			})
		})
	}
}

// newestExport is when the entries that are there were exported.
func newestExport(w *world.World) (newest string) {
	for _, r := range w.Destination.Tables["clari_forecast_entries"] {
		newest = max(newest, r["exported_at"].(string))
	}
	return newest
}

// TestOutageIsNotTheEnd: servers' errors about a job that has landed do not make its stored result count as gone while they may be an outage; where they have
// lasted since a sync before, they do. A page of a balancer's never does, whatever its status.
func TestOutageIsNotTheEnd(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		op     sim.Op
		answer sim.Effect
		syncs  int // until the quarter is exported anew; 0: never
	}{
		"502":                        {sim.Status, sim.Answer(502), 2},
		"500":                        {sim.Status, sim.Answer(500), 2},
		"went wrong":                 {sim.Status, sim.Answer(400), 2},
		"502 in place of the result": {sim.Results, sim.Answer(502), 2},
		"page in place of it":        {sim.Results, sim.HTML(404), 0},
		"page of 404":                {sim.Status, sim.HTML(404), 0},
		"page of 410":                {sim.Status, sim.HTML(410), 0},
		"410":                        {sim.Status, sim.AnswerJSON(410, map[string]any{"code": "gone", "errorId": "e1"}), 1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := world.New(t, sim.Config{}, map[string]any{"periods": []string{"2000_Q3"}, "max_retries": 1}).WithState()
				w.MustSync() // final rows, once
				w.Sim.Add(sim.Fault{Op: test.op, Job: 1, Count: sim.Always, Do: test.answer})
				for n := 1; n <= 3; n++ {
					time.Sleep(20 * time.Hour)
					err := w.Sync()
					bought := test.syncs > 0 && n >= test.syncs
					if bought != (err == nil) {
						t.Errorf("sync %d: %v", n, err)
					}
					w.Spent(map[bool]int{false: 1, true: 2}[bought])
				}
			})
		})
	}
}

// TestPageForTheNewQuarter: balancers' pages stand in for the first result of a new quarter, and the quarter before lands later in that sync. The next sync
// takes the paid job: it is not older than what is there of its own quarter.
func TestPageForTheNewQuarter(t *testing.T) {
	t.Parallel()
	for _, status := range []int{200, 400, 404, 410, 502} {
		synctest.Test(t, func(t *testing.T) {
			w := world.New(t, sim.Config{}, map[string]any{"max_retries": 1}).WithState()
			dayAt(30, 6)
			w.MustSync()
			dayAt(31, 6) // fiscal 2001 has begun
			w.Sim.Add(sim.Fault{Op: sim.Results, Job: 2, Count: 4, Do: sim.HTML(status)})
			if err := w.Sync(); err == nil {
				t.Fatal("a page landed")
			}
			w.Spent(3)
			time.Sleep(time.Hour)
			w.Sim.ClearFaults()
			w.MustSync()
			w.Landed()
			if n := len(w.Exports("adopted")); n != 1 {
				t.Errorf("status %d: %d exports adopted", status, n)
			}
			w.Spent(4)
		})
	}
}

// TestOldCurrentIsNotBoughtBeside: the job of a killed sync, asked for as the current quarter, lands after that quarter is over, also where an earlier sync
// has told when that is. It is not bought under its own name as well. Clari may still call it current, where its day ends later: so what is current by then
// comes with the next sync.
func TestOldCurrentIsNotBoughtBeside(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		spec  map[string]any
		known bool
		spent int // once the quarter is nearly over
	}{
		"by name":              {map[string]any{"periods": []string{"current", "2000_Q4"}}, false, 1},
		"counted":              {map[string]any{"periods": []string{"current", "previous"}, "fiscal_year_start_month": 2}, false, 2}, // the one before is exported too
		"named in a refresh":   {map[string]any{"periods": []string{"current", "2000_Q4"}, "refresh": []string{"2000_Q4"}}, false, 1},
		"history":              {map[string]any{"periods": []string{"current", "2000_Q4"}, "history": true}, false, 1},
		"its end is known":     {map[string]any{}, true, 1},
		"known, under history": {map[string]any{"history": true}, true, 1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := world.New(t, world.Slow, test.spec).WithState()
				if dayAt(20, 0); test.known {
					w.MustSync()
				}
				before := w.Sim.Ledger().Spent()
				dayAt(30, 22) // it ends two hours later
				kill := world.Interrupt{Request: world.On(sim.Results, (*world.Process).Kill)}
				if err := w.Sync(kill.Options()); err != world.ErrKilled {
					t.Fatal(err)
				}
				time.Sleep(3 * time.Hour)
				w.MustSync()
				w.Landed()
				if n := len(w.Exports("adopted")); n != 1 {
					t.Errorf("%d exports adopted", n)
				}
				w.Spent(before + test.spent)
				time.Sleep(3 * time.Hour)
				w.MustSync()
				w.Landed()
				if n := len(w.Destination.Rows("clari_forecast_exports", func(r world.Row) bool { return r["requested_period"] == "2001_Q1" && world.HasLanded(r) })); n != 1 {
					t.Errorf("%d exports of what is current by then", n)
				}
			})
		})
	}
}

// TestChangedRequest: a settled quarter is exported again where what is wanted is not there, and not for the way in which it comes.
func TestChangedRequest(t *testing.T) {
	t.Parallel()
	more := append(spec.DefaultForecast().Types, "crm_total")
	for name, test := range map[string]struct {
		change map[string]any
		spent  int
	}{
		"more types":  {map[string]any{"forecasts": []map[string]any{{"id": "forecast", "types": more}}}, 2},
		"fewer types": {map[string]any{"forecasts": []map[string]any{{"id": "forecast", "types": []string{"quota"}}}}, 1},
		"scope":       {map[string]any{"forecasts": []map[string]any{{"id": "forecast", "scope_id": new(sim.Tenant).ScopeID(1)}}}, 2},
		"currency":    {map[string]any{"forecasts": []map[string]any{{"id": "forecast", "currency": "EUR"}}}, 2},
		"fewer weeks": {map[string]any{"forecasts": []map[string]any{{"id": "forecast", "include_historical": false}}}, 1},
		"format":      {map[string]any{"export_format": "csv"}, 1},
		"history":     {map[string]any{"history": true}, 1},
		"nothing":     {nil, 1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := world.New(t, sim.Config{}, map[string]any{"periods": []string{"1999_Q1"}}).WithState()
				for range 3 {
					w.MustSync()
				}
				w.Spent(1)
				maps.Copy(w.Spec, test.change)
				w.MustSync()
				w.Spent(test.spent)
			})
		})
	}
}

// TestGarbageInState is survived: what cannot be understood was never written.
func TestGarbageInState(t *testing.T) {
	t.Parallel()
	for _, garbage := range []string{
		"garbage", "null", `{"state":"running"}`, `{"state":"running","job_id":7}`, `{"state":"done","settled":"x"}`, `["garbage", 7]`, `["garbage"]`, `[""]`,
		`{"current":"x","ends":{"x":"9999-01-01T00:00:00Z"}}`, `{"current":"2000_Q4","ends":7}`, `{"state":"creating","at":"soon"}`,
		`{"state":"creating"}`, `{"state":"running","job_id":"never-heard-of"}`,
	} {
		t.Run(garbage, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := world.New(t, sim.Config{}, world.Fields(map[string]any{"periods": []string{"previous", "current"}})).WithState()
				w.MustSync()
				for key := range w.State {
					w.State[key] = garbage
				}
				w.MustSync()
				w.Spent(4)
				if n := w.Landed(); n != 4 {
					t.Errorf("%d exports landed", n)
				}
				if n := len(w.Values("clari_forecast_entries", "requested_period")); n != 2 {
					t.Errorf("rows of %d periods", n)
				}
			})
		})
	}
}
