package main

import (
	"fmt"
	"math"
	"math/rand/v2"
	"time"

	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
)

const (
	lives         = 100 // syncs that are averaged: one sequence of jobs differs from another by some percent
	exportsOfLife = 24
	downloads     = 5 * time.Second
)

// length is how long jobs run: at is the length below which a share u of them stays.
type length struct {
	name string
	at   func(u float64) time.Duration
}

var (
	fixed5   = length{"5 s", func(float64) time.Duration { return 5 * time.Second }}
	fixed30  = length{"30 s", func(float64) time.Duration { return 30 * time.Second }}
	around45 = length{"45 s ± 10 %", func(u float64) time.Duration { return span(45 * (0.9 + 0.2*u)) }}
	longTail = length{"10 to 300 s, log-normal", func(u float64) time.Duration { return span(logNormal(u, 10)) }}
	over30   = length{"30 to 300 s, log-normal", func(u float64) time.Duration { return span(logNormal(u, 30)) }}

	lengths = []length{fixed5, fixed30, around45, longTail, over30}
)

// logNormal is a length in seconds with a median of 54.8, cut off at least and at 300.
func logNormal(u, least float64) float64 {
	return min(max(54.8*math.Exp(0.86*math.Sqrt2*math.Erfinv(2*u-1)), least), 300)
}

func span(seconds float64) time.Duration { return time.Duration(seconds * float64(time.Second)) }

// drawn are lengths drawn at random. Of two seeds in a row the second mirrors the first, short jobs for long ones, so that all
// of them together lean to neither.
func (l length) drawn(seed uint64) sim.Duration {
	draw := rand.New(rand.NewPCG(seed/2, 1))
	return func(*rand.Rand) time.Duration {
		u := draw.Float64()
		if seed%2 == 1 {
			u = 1 - u
		}
		return l.at(u)
	}
}

// poller is a way to wait for a job: gap is the wait before the next poll, after so many.
type poller struct {
	name string
	gap  func(polls int) time.Duration
}

func every(seconds int) poller {
	return poller{fmt.Sprintf("every %d s", seconds), func(int) time.Duration { return time.Duration(seconds) * time.Second }}
}

var (
	ladder  = poller{"5 s x 1.5 up to 60 s", func(polls int) time.Duration { return span(min(5*math.Pow(1.5, float64(polls)), 60)) }}
	pollers = []poller{every(5), every(10), every(15), every(30), ladder}
)

// score is what waiting cost, over many jobs.
type score struct {
	Jobs, Polls int
	Share       float64       // sum of what each job was seen late, as a share of its length
	Work, Wall  time.Duration // the sum of the jobs' lengths, and how long it took to go through them
}

// see adds a job that was seen to be done so long after its end.
func (s *score) see(length, late time.Duration, polls int) {
	s.Jobs++
	s.Polls += polls
	s.Share += late.Seconds() / length.Seconds()
	s.Work += length
}

func (s *score) overshoot() float64 { return s.Share / float64(s.Jobs) }
func (s *score) pollsEach() float64 { return float64(s.Polls) / float64(s.Jobs) }
func (s *score) overWork() float64  { return s.Wall.Seconds()/s.Work.Seconds() - 1 }

// poll applies a poller to jobs, one after another.
func (p poller) poll(jobs []time.Duration) (s score) {
	for _, length := range jobs {
		var at time.Duration
		polls := 0
		for at < length {
			at += p.gap(polls)
			polls++
		}
		s.see(length, at-length, polls)
		s.Wall += at
	}
	return s
}

// waiting measures how late the end of jobs is seen, in virtual time.
func (b *bench) waiting() error {
	for _, l := range []length{fixed5, around45, longTail} {
		progress("waiting for jobs of %s, %d syncs of %d exports", l.name, lives, exportsOfLife)
		ours, jobs, err := b.live(l, lives, "0s", 0)
		if err != nil {
			return err
		}
		t := b.report.grid("waiting", fmt.Sprintf("Jobs of %s, %s of them", l.name, count(ours.Jobs)), "poller", "polls/job", "overshoot", "time over ideal")
		add := func(name string, s score) {
			t.add(name, decimals(1, s.pollsEach()), percent(s.overshoot()), percent(s.overWork()))
		}
		add("this plugin", ours)
		for _, p := range pollers {
			add(p.name, p.poll(jobs))
		}
		t.print()
		b.waitingTargets(l, ours)
	}
	return b.sequential()
}

func (b *bench) waitingTargets(l length, s score) {
	got := fmt.Sprintf("%s with %.1f polls", percent(s.overshoot()), s.pollsEach())
	switch l.name {
	case around45.name:
		b.report.target("waiting, jobs of "+l.name, "overshoot under 8 % of the job's time with at most 3 polls a job", got,
			s.overshoot() < 0.08 && s.pollsEach() <= 3)
	case longTail.name:
		b.report.target("waiting, jobs of "+l.name, "overshoot under 12 % with fewer than 8 polls a job", got,
			s.overshoot() < 0.12 && s.pollsEach() < 8)
	}
}

// sequential measures whole syncs, downloads included, with the delay between exports at its default and without.
func (b *bench) sequential() error {
	t := b.report.grid("waiting", fmt.Sprintf("Whole syncs of %d exports, each download taking %.0f s: time over the sum of the jobs' own", exportsOfLife, downloads.Seconds()),
		"jobs", "this plugin", "without delay_between_exports", "every 10 s, then download, then the next")
	for _, l := range []length{fixed5, fixed30, around45, over30} {
		progress("whole syncs with jobs of %s", l.name)
		standard, jobs, err := b.live(l, lives/2, "10s", downloads)
		if err != nil {
			return err
		}
		hasty, _, err := b.live(l, lives/2, "0s", downloads)
		if err != nil {
			return err
		}
		naive := every(10).poll(jobs)
		naive.Wall += downloads * time.Duration(len(jobs))
		t.add(l.name, percent(standard.overWork()), percent(hasty.overWork()), percent(naive.overWork()))
		if l.name != fixed5.name {
			b.report.target("24 exports, sequential, downloads included, jobs of "+l.name, "within 10 % of the sum of the jobs' own times",
				percent(standard.overWork()), standard.overWork() < 0.1)
		}
	}
	t.print()
	return nil
}
