package lifecycle

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cq-source-clari/cq-source-clari/client/clari"
	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
)

// TestThrottled: a 429 is waited out exactly, wherever it comes, and costs no export.
func TestThrottled(t *testing.T) {
	for _, op := range []sim.Op{sim.Limits, sim.Create, sim.Status, sim.Results, sim.List} {
		for name, effect := range map[string]sim.Effect{
			"seconds": sim.Throttled().RetryAfter(90 * time.Second), "date": sim.Throttled().RetryAfterDate(90 * time.Second), "silent": sim.Throttled(),
		} {
			t.Run(string(op)+" "+name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					w := newWorld(t, slow, fields(map[string]any{"periods": []string{"1999_Q1", "1999_Q2"}, "concurrency": 2})).withState()
					w.sim.Add(sim.Fault{Op: op, Count: 3, Do: effect})
					w.mustSync()
					w.spent(2)
					if n := w.landed(); n != 2 {
						t.Errorf("%d exports landed", n)
					}
					w.tidy()
					if n := w.logs.count("warn", "") + w.logs.count("error", ""); n > 0 {
						t.Errorf("%d warnings and errors", n)
					}
				})
			})
		}
	}
}

// TestThrottledLongerThanTheTimeouts: the time for which Clari holds everything back is not time that a job takes.
func TestThrottledLongerThanTheTimeouts(t *testing.T) {
	for _, test := range []struct {
		name  string
		op    sim.Op
		queue time.Duration
	}{
		{"while a job runs", sim.Status, 0},
		{"while a job is queued", sim.Status, 8 * time.Minute},
		{"while the queue is full", sim.Limits, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, sim.Config{Queue: sim.Fixed(test.queue), Run: sim.Fixed(8 * time.Minute)}, map[string]any{
					"run_timeout": "10m", "queue_timeout": "20m",
				})
				if test.queue > 0 {
					w.spec["queue_timeout"] = "16m"
				}
				if test.op == sim.Limits {
					w.fillQueue(3, 25*time.Minute)
				}
				w.sim.Add(sim.Fault{Op: test.op, From: 3, Do: sim.Throttled().RetryAfter(15 * time.Minute)})
				w.mustSync(exportsOnly())
				w.landed()
				w.spent(1)
			})
		})
	}
}

// TestThrottledForTooLong fails at once, and says until when.
func TestThrottledForTooLong(t *testing.T) {
	for _, op := range []sim.Op{sim.Limits, sim.Create, sim.Status, sim.Results} {
		t.Run(string(op), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, slow, fields(map[string]any{"periods": []string{"1999_Q1", "1999_Q2"}})).withState()
				w.sim.Add(sim.Fault{Op: op, Do: sim.Throttled().RetryAfter(10 * time.Hour)})
				err := w.sync(exportsOnly())
				if took := time.Since(epoch); took > 5*time.Minute {
					t.Errorf("took %s", took)
				}
				throttled, ok := errors.AsType[*clari.ThrottledError](err)
				if !ok || !strings.Contains(err.Error(), throttled.Until.UTC().Format(time.RFC3339)) || throttled.Until.Sub(epoch) < 10*time.Hour {
					t.Errorf("error %v", err)
				}
				w.tidy()
				time.Sleep(11 * time.Hour)
				w.mustSync(exportsOnly())
				w.landed()
				w.tidy()
			})
		})
	}
}
