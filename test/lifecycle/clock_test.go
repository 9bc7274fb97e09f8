package lifecycle

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
	"github.com/cq-source-clari/cq-source-clari/test/world"
)

// TestClocksApart: how long ago something landed, and whether a day has come, goes by Clari's clock, however wrong the local one is.
func TestClocksApart(t *testing.T) {
	t.Parallel()
	truncated, forbidden := sim.Fault{Op: sim.Create, Do: sim.RowsTruncated()}, sim.Fault{Op: sim.List, Count: 99, Do: sim.AnswerJSON(403, map[string]any{"code": "SWW", "namespace": "exports", "message": "no"})}
	for _, test := range []struct {
		name  string
		fault sim.Fault
		after time.Duration
		spent int
	}{
		{"a retry after half an hour keeps what landed", forbidden, 30 * time.Minute, 1},
		{"an hour later it is due", forbidden, time.Hour, 2},
		{"a bad result is not tried again on its day", truncated, 2 * time.Hour, 1},
		{"on the next day it is", truncated, 24 * time.Hour, 2},
	} {
		for _, skew := range []time.Duration{-9 * time.Hour, 0, 9 * time.Hour} {
			t.Run(test.name+" "+skew.String(), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					w := world.New(t, sim.Config{Skew: skew}, nil).WithState()
					hour := 12*time.Hour - skew*8/9 // of Clari's day: where the clocks differ, it is another day here
					time.Sleep(24*time.Hour + hour - skew)
					w.Sim.Add(test.fault)
					if err := w.Sync(); err == nil {
						t.Fatal("it ended well")
					}
					w.Spent(1)
					time.Sleep(test.after)
					_ = w.Sync()
					w.Spent(test.spent)
				})
			})
		}
	}
}

// TestSilentClari: where nothing tells Clari's clock, nothing is bought and nothing is kept.
func TestSilentClari(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := world.New(t, sim.Config{Skew: -9 * time.Hour}, map[string]any{"max_retries": 0}).WithState()
		w.Sim.Add(sim.Fault{Op: sim.Limits, Count: 99, Do: sim.Reset()}, sim.Fault{Op: sim.List, Count: 99, Do: sim.Reset()})
		if err := w.Sync(world.ExportsOnly()); err == nil {
			t.Fatal("it ended well")
		}
		w.Spent(0)
		if n := len(w.Exports("left_out")); n != 1 {
			t.Errorf("%d rows say left_out", n)
		}
		w.Sim.ClearFaults()
		w.MustSync()
		w.Landed()
	})
}
