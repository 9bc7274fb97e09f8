package lifecycle

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
)

// TestRetryAfterIsKept, whatever the status is that it comes with.
func TestRetryAfterIsKept(t *testing.T) {
	for _, status := range []int{429, 500, 502, 503, 504} {
		for _, op := range []sim.Op{sim.Limits, sim.Status, sim.Results} {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, sim.Config{Run: sim.Fixed(20 * time.Second)}, nil)
				w.sim.Add(sim.Fault{Op: op, Count: 2, Do: sim.Answer(status).RetryAfter(70 * time.Second)})
				w.mustSync()
				if early := w.sim.Ledger().TooEarly(); len(early) > 0 {
					t.Errorf("%s, %d: sent before Retry-After ran out: %v", op, status, early)
				}
				if n := w.landed(); n != 1 {
					t.Errorf("%s, %d: %d exports landed", op, status, n)
				}
			})
		}
	}
}

// TestHeldBackAgain: each 429 counts against queue_timeout by itself, and all of one request against queue_timeout and run_timeout
// together.
func TestHeldBackAgain(t *testing.T) {
	for _, op := range []sim.Op{sim.Create, sim.Status, sim.Results} {
		for _, test := range []struct {
			times int
			lands bool
		}{{3, true}, {sim.Always, false}} {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, sim.Config{Run: sim.Fixed(20 * time.Second)}, map[string]any{"queue_timeout": "2m", "run_timeout": "5m"})
				w.sim.Add(sim.Fault{Op: op, Count: test.times, Do: sim.Throttled().RetryAfter(100 * time.Second)})
				began := time.Now()
				err := w.sync(exportsOnly())
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
	gateway := sim.AnswerJSON(http.StatusNotFound, map[string]any{"message": "no Route matched with those values"})
	for _, test := range []struct {
		name  string
		op    sim.Op
		do    sim.Effect
		times int
	}{
		{"the result, for some minutes", sim.Create, sim.Altered("takes-", func(j *sim.Job) { j.Withheld = 3 * time.Minute }), 1},
		{"the result, three times", sim.Results, sim.NotFinished(), 3},
		{"the result, with a text of its own", sim.Results, sim.ResultsGone(), 3},
		{"the result, by the gateway", sim.Results, gateway, 1},
		{"the result, 404", sim.Results, sim.Answer(404), 1},
		{"the result, 408", sim.Results, sim.Answer(408), 1},
		{"the job, 404 on the first poll", sim.Status, sim.Answer(404), 1},
		{"the job, invalid_jobId on the first poll", sim.Status, sim.NotFinished(), 1},
		{"the job, 408", sim.Status, sim.Answer(408), 1},
		{"the job, by the gateway", sim.Status, gateway, 1},
		{"the limits, 408", sim.Limits, sim.Answer(408), 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, sim.Config{Run: sim.Fixed(20 * time.Second)}, nil)
				w.sim.Add(sim.Fault{Op: test.op, Count: test.times, Do: test.do})
				if err := w.sync(exportsOnly()); err != nil {
					t.Error(err)
				}
				w.spent(1)
				if n := w.landed(); n != 1 {
					t.Errorf("%d exports landed", n)
				}
			})
		})
	}
}

// TestVanishedJobIsNotWaitedFor: a job that was taken over vanishes. With limits that cannot be read one export goes on after the other,
// and none waits for it.
func TestVanishedJobIsNotWaitedFor(t *testing.T) {
	for name, limits := range map[string]sim.Effect{"limits refused": sim.Answer(403), "queue full": sim.AnswerJSON(200, map[string]any{
		"jobs": map[string]any{"availableConcurrentLimit": 0, "availableMonthlyQuota": 100},
	})} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, sim.Config{Run: sim.Fixed(5 * time.Minute)}, map[string]any{"periods": []string{"current", "1999_Q1"}, "queue_timeout": "10m"}).withState()
				_ = w.sync(trap{response: on(sim.Status, (*process).kill)}.options())
				w.sim.Add(sim.Fault{Op: sim.Limits, Count: sim.Always, Do: limits})
				began := time.Now()
				_ = w.sync(syncOptions{started: func(p *process) {
					time.AfterFunc(time.Minute, func() { w.sim.Change(func(j *sim.Job) { j.Vanished = true }) })
					time.AfterFunc(24*time.Hour, p.kill)
				}})
				if took := time.Since(began); took > time.Hour {
					t.Errorf("the sync took %s", took)
				}
			})
		})
	}
}
