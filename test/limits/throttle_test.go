package limits

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cq-source-clari/cq-source-clari/client/clari"
	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
	"github.com/cq-source-clari/cq-source-clari/test/world"
)

// TestThrottledLongerThanTheTimeouts: the time for which Clari holds everything back is not time that a job takes.
func TestThrottledLongerThanTheTimeouts(t *testing.T) {
	t.Parallel()
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
				w := world.New(t, sim.Config{Queue: sim.Fixed(test.queue), Run: sim.Fixed(8 * time.Minute)}, map[string]any{
					"run_timeout": "10m", "queue_timeout": "20m",
				})
				if test.queue > 0 {
					w.Spec["queue_timeout"] = "16m"
				}
				if test.op == sim.Limits {
					w.FillQueue(3, 25*time.Minute)
				}
				w.Sim.Add(sim.Fault{Op: test.op, From: 3, Do: sim.Throttled().RetryAfter(15 * time.Minute)})
				w.MustSync(world.ExportsOnly())
				w.Landed()
				w.Spent(1)
			})
		})
	}
}

// TestThrottledForTooLong fails at once, and says until when.
func TestThrottledForTooLong(t *testing.T) {
	t.Parallel()
	for _, op := range []sim.Op{sim.Limits, sim.Create, sim.Status, sim.Results} {
		t.Run(string(op), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := world.New(t, world.Slow, world.Fields(map[string]any{"periods": []string{"1999_Q1", "1999_Q2"}})).WithState()
				w.Sim.Add(sim.Fault{Op: op, Do: sim.Throttled().RetryAfter(10 * time.Hour)})
				err := w.Sync(world.ExportsOnly())
				if took := time.Since(world.Epoch); took > 5*time.Minute {
					t.Errorf("took %s", took)
				}
				throttled, ok := errors.AsType[*clari.ThrottledError](err)
				if !ok || !strings.Contains(err.Error(), throttled.Until.UTC().Format(time.RFC3339)) || throttled.Until.Sub(world.Epoch) < 10*time.Hour {
					t.Errorf("error %v", err)
				}
				w.Tidy()
				time.Sleep(11 * time.Hour)
				w.MustSync(world.ExportsOnly())
				w.Landed()
				w.Tidy()
			})
		})
	}
}
