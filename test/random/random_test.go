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
	"github.com/cq-source-clari/cq-source-clari/test/random/observer"
	"github.com/cq-source-clari/cq-source-clari/test/random/play"
	"github.com/cq-source-clari/cq-source-clari/test/random/schedule"
)

var (
	seed      = flag.Int64("seed", -1, "play this schedule alone, and show its logs")
	seedFrom  = flag.Int64("seed-from", 0, "the first schedule")
	allOfThem = flag.Bool("all-schedules", false, "go on after three have failed")
	schedules = flag.Int64("schedules", 1000, "TestRandom: how many schedules")
	unkind    = flag.Int64("unkind", 25, "TestUnkind: how many schedules of each world")
	inWorld   = flag.String("world", "", "TestUnkind: this world alone")
	only      = flag.String("invariant", "", "hold the schedules to this invariant alone, also one that is known not to hold")
)

// TestRandom plays schedules drawn from seeds: faults of every kind, kills, cancels and restarts over several syncs of several exports.
// After each sync it checks what must hold whatever went wrong: see the invariants. A seed decides the schedule; the client's jitter is
// drawn anew each time, so that a rare order of events may need a few runs to come again.
func TestRandom(t *testing.T) {
	total := newTally()
	many(t, uint64(sample(*schedules, 200)), func(t *testing.T, n uint64) {
		if why := knownSeeds[""][n]; why != "" && *seed < 0 && *only == "" {
			t.Skip(why)
		}
		play.Play(t, schedule.New(n), total, play.Options{
			Held: invariant.Selection{Only: *only}, Verbose: *seed >= 0, Again: fmt.Sprintf("-run 'TestRandom$' -seed %d", n),
		})
	})
	t.Log(total)
}

// TestUnkind plays schedules of each unkind world. Each world has seeds of its own.
func TestUnkind(t *testing.T) {
	for _, w := range schedule.Worlds {
		if *inWorld != "" && *inWorld != w.Name {
			continue
		}
		t.Run(w.Name, func(t *testing.T) {
			total := newTally()
			many(t, uint64(sample(*unkind, 4)), func(t *testing.T, n uint64) {
				if why := knownSeeds[w.Name][n]; why != "" && *seed < 0 && *only == "" {
					t.Skip(why)
				}
				play.Play(t, w.Draw(n), total, play.Options{
					Held: invariant.Selection{Only: *only, Broken: w.Broken}, Verbose: *seed >= 0, Again: fmt.Sprintf("-run 'TestUnkind$' -world '%s' -seed %d", w.Name, n),
				})
			})
			t.Log(total)
		})
	}
}

// sample is how many schedules are played, few of them with -short.
func sample(count, few int64) int64 {
	if testing.Short() {
		return min(count, few)
	}
	return count
}

func newTally() *observer.Tally { return &observer.Tally{Fired: map[string]int{}} }

// many plays some seeds side by side, each in a bubble, and sees that no file is left behind.
func many(t *testing.T, count uint64, one func(*testing.T, uint64)) {
	first := uint64(*seedFrom)
	if *seed >= 0 {
		first, count = uint64(*seed), 1
	}
	t.Setenv("TMPDIR", t.TempDir())                    // for spools
	defer debug.SetGCPercent(debug.SetGCPercent(1600)) // many small worlds: at 400 a third of the time went into collecting them
	var failed atomic.Int32
	t.Run("seed", func(t *testing.T) {
		for n := first; n < first+count; n++ {
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
				synctest.Test(t, func(t *testing.T) { one(t, n) })
			})
		}
	})
	play.CheckNoFiles(t)
}
