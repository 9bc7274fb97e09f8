package lifecycle

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
	"github.com/cq-source-clari/cq-source-clari/test/world"
)

// TestSkewedClocks: Clari's clock and ours may differ by hours.
func TestSkewedClocks(t *testing.T) {
	t.Parallel()
	for _, skew := range []time.Duration{-8 * time.Hour, -40 * time.Second, 40 * time.Second, 8 * time.Hour} {
		for _, ph := range world.Moments[:5] {
			t.Run(skew.String()+" "+ph.Name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					cfg := world.Slow
					cfg.Skew = skew
					w := world.New(t, cfg, nil).WithState()
					if err := w.Sync(ph.Interrupt(w, (*world.Process).Kill).Options()); err != world.ErrKilled {
						t.Fatal(err)
					}
					time.Sleep(time.Minute)
					w.MustSync()
					w.Landed()
					w.Spent(1)
				})
			})
		}
	}
}

// TestHeldBackAgain: each 429 counts against queue_timeout by itself, and all of one request against queue_timeout and run_timeout
// together.
func TestHeldBackAgain(t *testing.T) {
	t.Parallel()
	for _, op := range []sim.Op{sim.Create, sim.Status, sim.Results} {
		for _, test := range []struct {
			times int
			lands bool
		}{{3, true}, {sim.Always, false}} {
			synctest.Test(t, func(t *testing.T) {
				w := world.New(t, sim.Config{Run: sim.Fixed(20 * time.Second)}, map[string]any{"queue_timeout": "2m", "run_timeout": "5m"})
				w.Sim.Add(sim.Fault{Op: op, Count: test.times, Do: sim.Throttled().RetryAfter(100 * time.Second)})
				began := time.Now()
				err := w.Sync(world.ExportsOnly())
				if (err == nil) != test.lands {
					t.Errorf("%s held back %d times: %v", op, test.times, err)
				}
				if took := time.Since(began); took > 15*time.Minute || !test.lands && took < 5*time.Minute {
					t.Errorf("%s held back %d times: it took %s", op, test.times, took)
				}
			})
		}
	}
}

// TestNotThereYet: Clari calls a job done, or has just made it, and does not know it or its result for a moment. That is no reason to
// pay for another.
func TestNotThereYet(t *testing.T) {
	t.Parallel()
	gateway := sim.AnswerJSON(http.StatusNotFound, map[string]any{"message": "no Route matched with those values"})
	for _, test := range []struct {
		name  string
		op    sim.Op
		do    sim.Effect
		times int
	}{
		{"the result, for some minutes", sim.Create, sim.Altered("takes-", func(j *sim.Job) { j.Withheld = 3 * time.Minute }), 1},
		{"the result, by the gateway", sim.Results, gateway, 1},
		{"the job, 404 on the first poll", sim.Status, sim.Answer(404), 1},
		{"the job, 408", sim.Status, sim.Answer(408), 1},
		{"the limits, 408", sim.Limits, sim.Answer(408), 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := world.New(t, sim.Config{Run: sim.Fixed(20 * time.Second)}, nil)
				w.Sim.Add(sim.Fault{Op: test.op, Count: test.times, Do: test.do})
				if err := w.Sync(world.ExportsOnly()); err != nil {
					t.Error(err)
				}
				w.Spent(1)
				if n := w.Landed(); n != 1 {
					t.Errorf("%d exports landed", n)
				}
			})
		})
	}
}

// TestVanishedJobIsNotWaitedFor: a job that was taken over vanishes. With limits that cannot be read one export goes on after the other,
// and none waits for it.
func TestVanishedJobIsNotWaitedFor(t *testing.T) {
	t.Parallel()
	for name, limits := range map[string]sim.Effect{"limits refused": sim.Answer(403), "queue full": sim.AnswerJSON(200, map[string]any{
		"jobs": map[string]any{"availableConcurrentLimit": 0, "availableMonthlyQuota": 100},
	})} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := world.New(t, sim.Config{Run: sim.Fixed(5 * time.Minute)}, map[string]any{"periods": []string{"current", "1999_Q1"}, "queue_timeout": "10m"}).WithState()
				_ = w.Sync(world.Interrupt{Response: world.On(sim.Status, (*world.Process).Kill)}.Options())
				w.Sim.Add(sim.Fault{Op: sim.Limits, Count: sim.Always, Do: limits})
				began := time.Now()
				_ = w.Sync(world.SyncOptions{Started: func(p *world.Process) {
					time.AfterFunc(time.Minute, func() { w.Sim.Change(func(j *sim.Job) { j.Vanished = true }) })
					time.AfterFunc(24*time.Hour, p.Kill)
				}})
				if took := time.Since(began); took > time.Hour {
					t.Errorf("the sync took %s", took)
				}
			})
		})
	}
}

// The tests of this file are schedules on which TestRandom once failed, cut down to what made it fail.

// TestBlindJobsEnd: while limits cannot be read jobs run one by one, and each waits for the one before. The one before may also fail to be
// asked about, or fail and want another job: the sync ends all the same.
func TestBlindJobsEnd(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]sim.Fault{
		"a job that cannot be asked about": {Op: sim.Status, From: 2, Do: sim.Answer(504)},
		"a job that is created again":      {Op: sim.Create, Do: sim.Ends(sim.Aborted)},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := world.New(t, sim.Config{Tenant: sim.Tenant{Tabs: world.ThreeTabs}, Run: sim.Fixed(40 * time.Second), Concurrent: 1}, map[string]any{
					"forecasts": world.Forecasts(world.ThreeTabs[:2]...), "concurrency": 2, "max_retries": 0, "queue_timeout": "2m",
				})
				w.Sim.Add(fault, sim.Fault{Op: sim.Limits, From: 2, Count: sim.Always, Do: sim.Answer(404)})
				began := time.Now()
				_ = w.Sync(world.SyncOptions{Started: func(p *world.Process) { time.AfterFunc(24*time.Hour, p.Kill) }})
				if took := time.Since(began); took > time.Hour {
					t.Errorf("the sync took %s:\n%s\n%s", took, w.Sim.Ledger(), w.Logs)
				}
			})
		})
	}
}

// TestNobodyWaits: without a state backend nobody will adopt a job whose export failed because it could not be asked about. It is
// cancelled, which gives the export back.
func TestNobodyWaits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := world.New(t, sim.Config{Run: sim.Fixed(5 * time.Minute)}, map[string]any{"max_retries": 0})
		w.Sim.Add(sim.Fault{Op: sim.Status, Do: sim.Answer(502)})
		if w.Sync() == nil {
			t.Fatal("no error")
		}
		if spent := w.Sim.Ledger().Spent(); spent != 0 {
			t.Errorf("%d exports spent for nothing:\n%s", spent, w.Sim.Ledger())
		}
	})
}

// TestGiveUpPolls: the last look at a job that could not be cancelled, because it has ended, comes no sooner than any other poll.
func TestGiveUpPolls(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := world.New(t, sim.Config{Queue: sim.Fixed(10 * time.Hour)}, map[string]any{"queue_timeout": "5m"})
		w.Sim.Add(sim.Fault{Op: sim.Cancel, Do: sim.Reset().AfterProcessing()})
		if w.Sync() == nil {
			t.Fatal("no error")
		}
		if gap, ok := w.Sim.Ledger().MinPollGap(); !ok || gap < 5*time.Second {
			t.Errorf("two polls %s apart:\n%s", gap, w.Sim.Ledger())
		}
	})
}

// TestJobEnds: what is done about a job that ends otherwise than done.
func TestJobEnds(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		status   string
		times    int
		attempts int
		jobs     int
		lands    bool
	}{
		{sim.Failed, 1, 3, 2, true},
		{sim.Aborted, 2, 3, 3, true},
		{sim.Failed, 3, 3, 3, false},
		{sim.Aborted, 1, 1, 1, false},
		{sim.Cancelled, 1, 3, 1, false},
	} {
		t.Run(fmt.Sprint(test), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := world.New(t, world.Slow, map[string]any{"export_attempts": test.attempts}).WithState()
				w.Sim.Add(sim.Fault{Op: sim.Create, Count: test.times, Do: sim.Ends(test.status)})
				err := w.Sync(world.ExportsOnly())
				if test.lands != (err == nil) || !test.lands && !strings.Contains(err.Error(), "ended "+test.status) {
					t.Errorf("error %v", err)
				}
				if n := len(w.Sim.Ledger().Created()); n != test.jobs {
					t.Errorf("%d jobs, want %d", n, test.jobs)
				}
				if rows := w.Destination.Tables["clari_forecast_exports"]; len(rows) != 1 {
					t.Errorf("%d rows for one export", len(rows))
				}
				for _, r := range w.Destination.Tables["clari_forecast_exports"] {
					if r["attempts"] != int64(test.jobs) {
						t.Errorf("the row says %v attempts", r["attempts"])
					}
				}
				if n := len(w.Sim.Ledger().Of(sim.Cancel)); n != 0 {
					t.Error("cancelled a job that had ended")
				}
				w.Sim.ClearFaults()
				w.MustSync(world.ExportsOnly()) // the failed job is not adopted
				w.Landed()
			})
		})
	}
}

// TestUnknownStatus counts as running, and is told of once.
func TestUnknownStatus(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := world.New(t, world.Slow, world.Fields(map[string]any{"periods": []string{"1999_Q1..1999_Q3"}}))
		w.Sim.Add(sim.Fault{Op: sim.Create, Count: sim.Always, Do: sim.Says("ARCHIVING")})
		w.MustSync(world.ExportsOnly())
		if n := w.Logs.Count("warn", "ARCHIVING"); n != 1 {
			t.Errorf("told of %d times", n)
		}
		if n := w.Landed(); n != 3 {
			t.Errorf("%d exports landed", n)
		}
	})
}

// TestDeadlines cancel a job that this run created, and no other.
func TestDeadlines(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name    string
		do      sim.Effect
		key     string
		status  string
		adopted bool
	}{
		{"queued", sim.StuckQueued(), "queue_timeout", sim.Scheduled, false},
		{"running", sim.StuckRunning(), "run_timeout", sim.Started, false},
		{"queued, adopted", sim.StuckQueued(), "queue_timeout", sim.Scheduled, true},
		{"running, adopted", sim.StuckRunning(), "run_timeout", sim.Started, true},
		{"unknown", sim.Altered("unknown", func(j *sim.Job) { j.Run, j.RunningWord = sim.Forever, "ARCHIVING" }), "run_timeout", "ARCHIVING", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := world.New(t, world.Slow, world.Fields(map[string]any{"queue_timeout": "10m", "run_timeout": "20m", "periods": []string{"1999_Q1", "1999_Q2"}})).WithState()
				w.Sim.Add(sim.Fault{Op: sim.Create, Period: "1999_Q2", Do: test.do})
				if test.adopted {
					if err := w.Sync(world.Interrupt{Response: world.On(sim.Status, (*world.Process).Kill)}.Options()); err != world.ErrKilled {
						t.Fatal(err)
					}
				}
				began := time.Now()
				err := w.Sync(world.ExportsOnly())
				text := fmt.Sprint(err)
				if !strings.Contains(text, test.key) || !strings.Contains(text, "last seen "+test.status) || strings.Count(text, "period") != 1 {
					t.Errorf("error %v", err)
				}
				if took := time.Since(began); took > 25*time.Minute {
					t.Errorf("took %s", took)
				}
				if n := len(w.Sim.Ledger().Of(sim.Cancel)); n != map[bool]int{true: 0, false: 1}[test.adopted] {
					t.Errorf("%d jobs were cancelled", n)
				}
				if n := w.Landed(); n != 1 {
					t.Errorf("%d exports landed: the other one does", n)
				}
				time.Sleep(time.Hour)
				w.MustSync(world.ExportsOnly()) // the stuck job is too old to be adopted, or cancelled
				w.Landed()
			})
		})
	}
}
