package export

import (
	"math/rand/v2"
	"sync"
	"time"
)

// pacer learns, within one run, how long export jobs take and says when to poll the next one. Jobs of one kind are those expected to take
// about the same time. Make one with newPacer; it is safe for concurrent use.
type pacer struct {
	min, max time.Duration
	jitter   func() float64 // in [0, 1); tests replace it

	mu    sync.Mutex
	kinds map[string]durations
	all   durations
}

// newPacer takes the least gap between two polls of one job and the greatest gap of the back-off.
func newPacer(min, max time.Duration) *pacer {
	return &pacer{min: min, max: max, jitter: rand.Float64, kinds: map[string]durations{}}
}

// observe records how long a job of this kind took: from where schedule.next counts, to its end as the server gives it. The time of the poll
// that saw the end would teach the pacer its own gaps.
func (p *pacer) observe(kind string, took time.Duration) {
	// No poll comes before min: how much less than that a job took says nothing, yet would weigh much among logarithms.
	took = max(took, p.min/2, time.Millisecond)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.kinds[kind] = p.kinds[kind].with(took)
	p.all = p.all.with(took)
}

// schedule returns the polls of one job of this kind, from what is known now. A kind not met yet is taken as if one job of it had been seen,
// which took what jobs take in the mean: a loose guess. Before any job has ended there is no guess.
func (p *pacer) schedule(kind string) *schedule {
	p.mu.Lock()
	known, all := p.kinds[kind], p.all
	p.mu.Unlock()
	s := p.ladder()
	switch {
	case known.jobs > 0:
		s.step, s.polls = known.plan(p.min, p.max)
	case all.jobs > 0:
		s.step, s.polls = durations{jobs: 1, mean: all.mean, spread: all.spread / all.jobs}.plan(p.min, p.max)
	}
	return s
}

// ladder returns polls that expect nothing, as of a job in a queue: gaps of min, and then each half as long again as the one before.
func (p *pacer) ladder() *schedule {
	return &schedule{min: p.min, max: p.max, jitter: p.jitter, step: 1}
}

// schedule says when to poll one job. It never changes, and is safe for concurrent use.
type schedule struct {
	min, max time.Duration
	jitter   func() float64
	step     time.Duration
	polls    []time.Duration // when to poll a job that still ran at 0, step, 2 step, ...; none on the ladder
}

// next returns the wait before the next poll of a job that still ran after elapsed: never less than min and, but for the first poll, never
// more than max. Nothing else matters, so that the count may start anew when a job leaves the queue. A job that outlives what was planned for
// it goes on by the ladder, from its first poll. A jitter of up to a tenth of min only ever adds to a wait.
func (s *schedule) next(elapsed time.Duration) time.Duration {
	elapsed = max(elapsed, 0) // the server's clock may be ahead
	jitter := time.Duration(s.jitter() * float64(s.min) / 10)
	var first time.Duration
	if len(s.polls) > 0 {
		first = s.polls[0]
	}
	if elapsed < first {
		return max(first-elapsed+jitter, s.min)
	}
	wait := s.min + (elapsed-first)/2 // 1.5 times the gap that led here
	if i := int((elapsed + s.step/2) / s.step); i < len(s.polls) {
		wait = s.polls[i] - elapsed
	}
	return max(min(wait+jitter, s.max), s.min)
}
