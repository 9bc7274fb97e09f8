// Package random plays whole syncs by seed, and holds each against invariants.
package random

import (
	"flag"
	"fmt"
	"runtime/debug"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/cq-source-clari/cq-source-clari/test/random/invariant"
	"github.com/cq-source-clari/cq-source-clari/test/random/play"
	"github.com/cq-source-clari/cq-source-clari/test/random/schedule"
)

var (
	seed      = flag.Int64("seed", -1, "TestRandom: play this schedule alone, and show its logs")
	seedFrom  = flag.Int64("seed-from", 0, "TestRandom: the first schedule")
	allOfThem = flag.Bool("all-schedules", false, "TestRandom: go on after three have failed")
	schedules = flag.Int64("schedules", 2000, "TestRandom: how many schedules")
)

// TestRandom plays schedules drawn from seeds: faults of every kind, kills, cancels and restarts over several syncs of several exports.
// After each sync it checks what must hold whatever went wrong: see the invariants. A seed decides the schedule; the client's jitter is
// drawn anew each time, so that a rare order of events may need a few runs to come again.
func TestRandom(t *testing.T) {
	first, many := uint64(*seedFrom), uint64(*schedules)
	if *seed >= 0 {
		first, many = uint64(*seed), 1
	} else if testing.Short() {
		many = min(many, 200)
	}
	t.Setenv("TMPDIR", t.TempDir())                    // for spools
	defer debug.SetGCPercent(debug.SetGCPercent(1600)) // many small worlds: at 400 a third of the time went into collecting them
	total := &invariant.Tally{Fired: map[string]int{}}
	var failed atomic.Int32
	t.Run("seed", func(t *testing.T) {
		for n := first; n < first+many; n++ {
			t.Run(fmt.Sprint(n), func(t *testing.T) {
				t.Parallel()
				if failed.Load() >= 3 && !*allOfThem {
					t.Skip("three schedules have failed: that will do")
				}
				t.Cleanup(func() {
					if t.Failed() {
						failed.Add(1)
					}
				})
				synctest.Test(t, func(t *testing.T) { play.Play(t, schedule.New(n), total, *seed >= 0) })
			})
		}
	})
	play.CheckNoFiles(t)
	t.Log(total)
}
