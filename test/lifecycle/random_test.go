package lifecycle

import (
	"flag"
	"fmt"
	"maps"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
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
	first, n := uint64(*seedFrom), uint64(*schedules)
	if *seed >= 0 {
		first, n = uint64(*seed), 1
	} else if testing.Short() {
		n = min(n, 200)
	}
	t.Setenv("TMPDIR", t.TempDir())                    // for spools
	defer debug.SetGCPercent(debug.SetGCPercent(1600)) // many small worlds: at 400 a third of the time went into collecting them
	total := &tally{fired: map[string]int{}}
	var failed atomic.Int32
	t.Run("seed", func(t *testing.T) {
		for seed := first; seed < first+n; seed++ {
			t.Run(fmt.Sprint(seed), func(t *testing.T) {
				t.Parallel()
				if failed.Load() >= 3 && !*allOfThem {
					t.Skip("three schedules have failed: that will do")
				}
				t.Cleanup(func() {
					if t.Failed() {
						failed.Add(1)
					}
				})
				synctest.Test(t, func(t *testing.T) { play(t, newSchedule(seed), total) })
			})
		}
	})
	checkNoFiles(t)
	t.Log(total)
}

// tally is what the schedules came to.
type tally struct {
	mu                                           sync.Mutex
	schedules, syncs, failed, kills, cancels     int
	exports, landed, adopted, settled, jobs, req int
	windows, windowsLanded                       int // of activities
	fired                                        map[string]int
}

// count takes in what a sync came to.
func (t *tally) count(p *playedSync) {
	t.syncs++
	if p.err != nil {
		t.failed++
	}
	for _, r := range p.exports {
		switch r["outcome"] {
		case "exported":
			t.landed++
		case "adopted":
			t.landed++
			t.adopted++
		case "settled":
			t.settled++
		}
	}
	t.exports += len(p.exports)
	for _, r := range p.windows {
		t.windows++
		if hasLanded(r) {
			t.windowsLanded++
		}
	}
}

func (t *tally) add(o *tally) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.schedules++
	for to, n := range map[*int]int{
		&t.syncs: o.syncs, &t.failed: o.failed, &t.kills: o.kills, &t.cancels: o.cancels, &t.exports: o.exports,
		&t.landed: o.landed, &t.adopted: o.adopted, &t.settled: o.settled, &t.jobs: o.jobs, &t.req: o.req, &t.windows: o.windows, &t.windowsLanded: o.windowsLanded,
	} {
		*to += n
	}
	for kind, n := range o.fired {
		t.fired[kind] += n
	}
}

func (t *tally) String() string {
	var fired strings.Builder
	for _, kind := range slices.Sorted(maps.Keys(t.fired)) {
		fmt.Fprintf(&fired, " %s %d", kind, t.fired[kind])
	}
	return fmt.Sprintf("%d schedules, %d syncs (%d failed, %d killed, %d cancelled), %d exports planned (%d landed, %d of them adopted, %d settled), %d windows of activities (%d landed), %d jobs, %d requests; faults:%s",
		t.schedules, t.syncs, t.failed, t.kills, t.cancels, t.exports, t.landed, t.adopted, t.settled, t.windows, t.windowsLanded, t.jobs, t.req, fired.String())
}
