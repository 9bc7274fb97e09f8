package main

import (
	"cmp"
	"runtime"
	"slices"
	"time"
)

// cost is what something took, run several times.
type cost struct {
	took        []time.Duration // sorted
	cpu         time.Duration   // the least of any run; 0: this system does not tell
	allocations int64           // of one run
	wire        int64           // bytes that would leave the plugin in one run
}

func (c *cost) best() time.Duration { return c.took[0] }

func (c *cost) median() time.Duration { return c.took[len(c.took)/2] }

// one is the CPU time of one core, which other programs on the machine disturb least, and the best time where the system does not
// tell it.
func (c *cost) one() time.Duration { return cmp.Or(c.cpu, c.best()) }

// something is what is measured. It returns wire bytes.
type something = func() (int64, error)

// once adds one run of something.
func (c *cost) once(do something) (err error) {
	runtime.GC()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	start, used := time.Now(), cpuTime()
	if c.wire, err = do(); err != nil {
		return err
	}
	took := time.Since(start)
	if used = cpuTime() - used; c.cpu == 0 || used < c.cpu {
		c.cpu = used
	}
	runtime.ReadMemStats(&after)
	c.allocations = int64(after.Mallocs - before.Mallocs)
	c.took = append(c.took, took)
	slices.Sort(c.took)
	return nil
}

// spent is how long all runs took.
func (c *cost) spent() (all time.Duration) {
	for _, t := range c.took {
		all += t
	}
	return all
}
