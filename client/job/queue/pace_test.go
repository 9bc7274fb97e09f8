package queue

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// lengths draws how long jobs run, in seconds, from a number between 0 and 1.
type lengths struct {
	name string
	at   func(u float64) float64
}

var (
	within10 = lengths{"45 s ± 10 %", func(u float64) float64 { return 45 * (0.9 + 0.2*u) }}
	within30 = lengths{"45 s ± 30 %", func(u float64) float64 { return 45 * (0.7 + 0.6*u) }}
	longTail = lengths{"10 to 300 s, log-normal", func(u float64) float64 {
		return min(max(54.8*math.Exp(0.86*math.Sqrt2*math.Erfinv(2*u-1)), 10), 300)
	}}
)

// wait polls a job of this length by the Schedule, and returns when its end is seen, and how many polls that took.
func (s Schedule) wait(length time.Duration) (seen time.Duration, polls int) {
	for seen < length {
		seen += s.Next(seen)
		polls++
	}
	return seen, polls
}

// TestPace holds the rule to what it is for: few polls and little delay, over many syncs of some exports each. It is arithmetic: no time
// passes. The first sync of days knows nothing; later ones know what the ones before them saw.
func TestPace(t *testing.T) {
	for _, test := range []struct {
		lengths lengths
		exports int     // of a sync
		days    int     // 1: each sync is the first
		late    float64 // at most, as a share of the jobs' own time
		polls   float64 // at most, per job
	}{
		{within30, 3, 2, 0.10, 3.5},
		{within10, 3, 2, 0.07, 3},
		{within10, 24, 1, 0.078, 3},
		{longTail, 24, 1, 0.09, 10.2},
	} {
		draw := rand.New(rand.NewPCG(1, 2))
		var work, seen time.Duration
		jobs, polled := 0, 0
		for range 4000 {
			p := NewPace(5*time.Second, time.Minute)
			p.jitter = draw.Float64
			for day := range test.days {
				for range test.exports {
					length := time.Duration(test.lengths.at(draw.Float64()) * float64(time.Second))
					at, polls := p.Schedule("x").wait(length)
					p.Observe("x", length)
					if day == test.days-1 {
						work, seen, jobs, polled = work+length, seen+at, jobs+1, polled+polls
					}
				}
			}
		}
		late, polls := seen.Seconds()/work.Seconds()-1, float64(polled)/float64(jobs)
		t.Logf("%s, %d exports, day %d: %.1f %% late with %.1f polls", test.lengths.name, test.exports, test.days, 100*late, polls)
		if late > test.late || polls > test.polls {
			t.Errorf("%s, %d exports, day %d: %.1f %% late with %.1f polls, want at most %.1f %% with %.1f", test.lengths.name, test.exports, test.days,
				100*late, polls, 100*test.late, test.polls)
		}
	}
}

// TestPaceKeepsToItsBounds: no gap is below the least one, and only a first poll may come later than the greatest.
func TestPaceKeepsToItsBounds(t *testing.T) {
	p := NewPace(5*time.Second, time.Minute)
	for _, took := range [][]time.Duration{nil, {time.Second}, {time.Hour}, {time.Minute, time.Hour, 2 * time.Second}} {
		p.took["x"] = took
		s := p.Schedule("x")
		for _, elapsed := range []time.Duration{-time.Minute, 0, time.Second, time.Minute, 10 * time.Minute, time.Hour, 24 * time.Hour} {
			wait := s.Next(elapsed)
			if first := len(took) > 0 && elapsed < slices.Min(took); wait < 5*time.Second || wait > time.Minute && !first {
				t.Errorf("%s after %s: %s", took, elapsed, wait)
			}
		}
	}
}

// TestPaceDoubtsFew: where only one job is known, and it took half an hour, one that takes a moment is seen after a minute. Where three
// are known, nothing is wasted.
func TestPaceDoubtsFew(t *testing.T) {
	for _, test := range []struct {
		known, length, seen time.Duration
		jobs, polls         int
	}{
		{30 * time.Minute, 4 * time.Second, time.Minute, 1, 1},
		{30 * time.Minute, 5 * time.Minute, 8 * time.Minute, 2, 4},
		{30 * time.Minute, 30 * time.Minute, 30 * time.Minute, 1, 6},
		{30 * time.Minute, 30 * time.Minute, 30 * time.Minute, 3, 1},
		{45 * time.Second, 45 * time.Second, 45 * time.Second, 1, 1},
	} {
		p := NewPace(5*time.Second, time.Minute)
		p.jitter = func() float64 { return 0 }
		p.Observe("x", slices.Repeat([]time.Duration{test.known}, test.jobs)...)
		if seen, polls := p.Schedule("x").wait(test.length); seen != test.seen || polls != test.polls {
			t.Errorf("%d jobs of %s are known: one of %s is seen after %s with %d polls, want %s with %d", test.jobs, test.known, test.length, seen, polls, test.seen, test.polls)
		}
	}
}

// TestPaceRemembersEight: the quickest of them counts.
func TestPaceRemembersEight(t *testing.T) {
	p := NewPace(5*time.Second, time.Minute)
	for i := range 20 {
		p.Observe("x", time.Duration(100+i)*time.Second)
	}
	if got := p.Schedule("x").first; got != 112*time.Second {
		t.Errorf("the first poll is due after %s", got)
	}
	if n := len(p.took["x"]); n != remembered {
		t.Errorf("%d are remembered", n)
	}
	if p.knows("y") || p.Schedule("y").first != 0 {
		t.Error("another class is known")
	}
}
