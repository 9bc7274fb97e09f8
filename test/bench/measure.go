package main

import (
	"runtime"
	"slices"
	"time"
)

// cost is what something took, run several times.
type cost struct {
	best, median time.Duration
	cpu          time.Duration // the least of any run; 0: this system does not tell
	allocations  int64         // of one run
	wire         int64         // bytes that would leave the plugin in one run
	runs         int
}

// something is what is measured. It returns wire bytes.
type something = func() (int64, error)

// measure runs something a number of times, but not again once it has taken enough in all. Preparing it does not count.
func measure(runs int, enough time.Duration, prepare func() (something, error)) (c cost, err error) {
	var took []time.Duration
	began := time.Now()
	for len(took) < runs && (len(took) == 0 || time.Since(began) < enough) {
		do, err := prepare()
		if err != nil {
			return c, err
		}
		runtime.GC()
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		start, used := time.Now(), cpuTime()
		if c.wire, err = do(); err != nil {
			return c, err
		}
		took = append(took, time.Since(start))
		if used = cpuTime() - used; c.cpu == 0 || used < c.cpu {
			c.cpu = used
		}
		runtime.ReadMemStats(&after)
		c.allocations = int64(after.Mallocs - before.Mallocs)
	}
	slices.Sort(took)
	c.best, c.median, c.runs = took[0], took[len(took)/2], len(took)
	return c, nil
}

// onOneCore measures on one core.
func onOneCore(run func() (cost, error)) (cost, error) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	return run()
}
