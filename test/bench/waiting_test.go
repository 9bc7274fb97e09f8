package bench

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
)

const (
	syncs    = 100 // that one iteration adds up: one sequence of jobs differs from another by some percent
	exports  = 24  // of one sync
	download = 5 * time.Second
)

// length is how long jobs run: at is the length in seconds below which a share u of them stays.
type length struct {
	name string
	at   func(u float64) float64
}

var (
	fixed5    = length{"5s", func(float64) float64 { return 5 }}
	fixed30   = length{"30s", func(float64) float64 { return 30 }}
	fixed45   = length{"45s", func(float64) float64 { return 45 }}
	within10  = length{"45s±10%", func(u float64) float64 { return 45 * (0.9 + 0.2*u) }}
	within30  = length{"45s±30%", func(u float64) float64 { return 45 * (0.7 + 0.6*u) }}
	logNormal = length{"log-normal", func(u float64) float64 { return logNormalAt(u, 10) }}
	over30    = length{"log-normal-from-30s", func(u float64) float64 { return logNormalAt(u, 30) }}
)

// logNormalAt has a median of 54.8 seconds, and is cut off at least and at 300.
func logNormalAt(u, least float64) float64 {
	return min(max(54.8*math.Exp(0.86*math.Sqrt2*math.Erfinv(2*u-1)), least), 300)
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }

// drawn are lengths drawn at random. Of two seeds in a row the second mirrors the first, short jobs for long ones, so that all
// of them together lean to neither.
func (l length) drawn(seed uint64) sim.Duration {
	draw := rand.New(rand.NewPCG(seed/2, 1))
	return func(*rand.Rand) time.Duration {
		u := draw.Float64()
		if seed%2 == 1 {
			u = 1 - u
		}
		return seconds(l.at(u))
	}
}

// rule is a fixed way to wait for a job, to compare with: gap is the wait before the next poll, after so many.
type rule struct {
	name string
	gap  func(polls int) time.Duration
}

func every(s int) rule {
	return rule{fmt.Sprintf("every-%ds", s), func(int) time.Duration { return time.Duration(s) * time.Second }}
}

var growing = rule{"growing-5s-to-60s", func(polls int) time.Duration { return seconds(min(5*math.Pow(1.5, float64(polls)), 60)) }}

// waited is what the waiting for jobs came to.
type waited struct {
	jobs, polls int
	ideal, late time.Duration // sums of the jobs' lengths, and of how much later than they ended that was seen
	took        time.Duration // sum of the syncs
}

// see adds a job that was seen to be done so long after its end.
func (w *waited) see(length, late time.Duration, polls int) {
	w.jobs++
	w.polls += polls
	w.ideal += length
	w.late += late
}

// wait applies a rule to the jobs that the plugin meets, one after another.
func (w *waited) wait(r rule, l length) {
	for seed := range uint64(syncs) {
		next := l.drawn(seed)
		for range exports {
			length, at, polls := next(nil), time.Duration(0), 0
			for ; at < length; polls++ {
				at += r.gap(polls)
			}
			w.see(length, at-length, polls)
			w.took += at
		}
	}
}

// sync adds a sync of the plugin: the stand-in's ledger tells of each job how long it ran, how often it was polled and when for the
// last time. It is called in virtual time.
func (w *waited) sync(t *testing.T, server *sim.Server, exports int, download time.Duration, settings map[string]any) {
	t.Helper()
	began := time.Now()
	runSync(t, server, exports, download, settings)
	w.took += time.Since(began)
	ledger := server.Ledger()
	polls, seen, jobs := map[int]int{}, map[int]time.Time{}, 0
	for _, r := range ledger.Requests {
		if r.Op == sim.Status {
			polls[r.Job]++
			seen[r.Job] = r.Answered
		}
	}
	for _, j := range ledger.Jobs {
		if j.CreatedAt.Before(began) {
			continue
		}
		jobs++
		w.see(j.EndsAt().Sub(j.CreatedAt), seen[j.Number].Sub(j.EndsAt()), polls[j.Number])
	}
	if jobs != exports {
		t.Fatalf("%d jobs for %d exports", jobs, exports)
	}
}

// overshoot reports by how much later than they ended jobs were seen to be done: the sum of that over the sum of their lengths.
func (w *waited) overshoot(b *testing.B) {
	b.ReportMetric(100*w.late.Seconds()/w.ideal.Seconds(), "overshoot-%")
	b.ReportMetric(float64(w.polls)/float64(w.jobs), "polls/job")
}

// BenchmarkWaiting is the waiting in a first sync of 24 exports, one job after another, next to fixed rules.
func BenchmarkWaiting(b *testing.B) {
	for _, l := range []length{fixed5, within10, logNormal} {
		b.Run(l.name, func(b *testing.B) {
			b.Run("this-plugin", func(b *testing.B) {
				var w waited
				for b.Loop() {
					inVirtualTime(b, syncs, func(t *testing.T, seed uint64) {
						server := standIn(l, seed)
						defer server.Close()
						w.sync(t, server, exports, 0, map[string]any{"delay_between_exports": "0s"})
					})
				}
				w.overshoot(b)
			})
			for _, r := range []rule{every(5), every(10), every(15), every(30), growing} {
				b.Run(r.name, func(b *testing.B) {
					var w waited
					for b.Loop() {
						w.wait(r, l)
					}
					w.overshoot(b)
				})
			}
		})
	}
}

// BenchmarkSecondDay is the waiting in the second daily sync of three exports: the plugin has seen three jobs the day before.
func BenchmarkSecondDay(b *testing.B) {
	for _, l := range []length{within10, within30} {
		b.Run(l.name, func(b *testing.B) {
			var w waited
			for b.Loop() {
				inVirtualTime(b, 2*syncs, func(t *testing.T, seed uint64) {
					server := standIn(l, seed)
					defer server.Close()
					runSync(t, server, 3, 0, nil)
					time.Sleep(24 * time.Hour)
					w.sync(t, server, 3, 0, nil)
				})
			}
			w.overshoot(b)
		})
	}
}

// BenchmarkSequence is a whole sync of 24 exports, downloads included: how much longer than the sum of the jobs' lengths it takes.
func BenchmarkSequence(b *testing.B) {
	for _, l := range []length{fixed5, fixed30, within10, over30} {
		for _, way := range []struct {
			name     string
			settings map[string]any
		}{{"this-plugin", nil}, {"this-plugin-without-delay", map[string]any{"delay_between_exports": "0s"}}} {
			b.Run(l.name+"/"+way.name, func(b *testing.B) { sequence(b, l, way.settings, 1) })
		}
		b.Run(l.name+"/every-10s", func(b *testing.B) {
			var w waited
			for b.Loop() {
				w.wait(every(10), l)
				w.took += syncs * exports * download
			}
			b.ReportMetric(100*(w.took.Seconds()/w.ideal.Seconds()-1), "over-ideal-%")
		})
	}
}

// BenchmarkFirstSync is a whole first sync as a person waits for it: 24 exports of 140,000 entries, jobs of 45 s, results that come with 10 MB/s.
// It takes virtual time: what it does not tell is what plugin and destination need the cores for, which BenchmarkSyncSQLite does.
func BenchmarkFirstSync(b *testing.B) {
	t := tenant(500)
	x := export(&t, sim.Arrays)
	size := x.Size()
	downloads := seconds(float64(size) / 10e6)
	var w waited
	const times = 10
	for b.Loop() {
		inVirtualTime(b, times, func(t *testing.T, seed uint64) {
			server := standIn(within10, seed)
			defer server.Close()
			w.sync(t, server, exports, downloads, nil)
		})
	}
	each := float64(b.N * times)
	b.ReportMetric(w.took.Seconds()/each, "whole-s")
	b.ReportMetric(w.ideal.Seconds()/each, "jobs-s")
	b.ReportMetric(w.late.Seconds()/each, "late-s")
	b.ReportMetric(exports*downloads.Seconds(), "downloads-s")
	b.ReportMetric(downloads.Seconds(), "last-download-s")
	b.ReportMetric(float64(exports*entriesOf(t, quarter)), "rows")
}

// BenchmarkConcurrencyAuto is a whole sync of 24 exports under concurrency: auto, where Clari runs three jobs at a time and nobody else
// has any: so two at a time. It takes how much longer than half of the sum of the jobs' lengths.
func BenchmarkConcurrencyAuto(b *testing.B) {
	for _, l := range []length{fixed45, within10} {
		b.Run(l.name, func(b *testing.B) { sequence(b, l, map[string]any{"concurrency": "auto"}, 2) })
	}
}

// sequence is a whole sync of so many jobs at a time.
func sequence(b *testing.B, l length, settings map[string]any, atATime int) {
	var w waited
	for b.Loop() {
		inVirtualTime(b, syncs/2, func(t *testing.T, seed uint64) {
			server := standIn(l, seed)
			defer server.Close()
			w.sync(t, server, exports, download, settings)
			if n := server.Ledger().MaxConcurrent(); n != atATime {
				t.Fatalf("%d jobs at a time, not %d", n, atATime)
			}
		})
	}
	b.ReportMetric(100*(w.took.Seconds()*float64(atATime)/w.ideal.Seconds()-1), "over-ideal-%")
}
