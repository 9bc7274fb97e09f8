package queue

import (
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/cq-source-clari/cq-source-clari/client/clari"
	"github.com/cq-source-clari/cq-source-clari/client/journal"
)

// Pace says when to poll a job. First poll: the shortest of the last eight runs of its class. Then every 1/12 of the elapsed time. So few polls are
// wasted, and few seconds. One or two jobs may have been far slower than the next will be: where no more are known, a long wait for the first poll is
// cut into pieces, each as long as all before. It is safe for concurrent use.
type Pace struct {
	Client *clari.Client    // whose list tells of jobs that have run
	Ledger *journal.Journal // which has those of earlier syncs
	Scope  string           // tells apart in one ledger what belongs to different tenants

	min, max time.Duration  // least and greatest gap between two polls of one job; a first poll may come later
	jitter   func() float64 // in [0, 1); tests replace it

	mu   sync.Mutex
	took map[string][]time.Duration // by class: how long the last jobs ran, oldest first

	listing chan struct{} // a token: held by who uses listed
	listed  []clari.Job   // finished jobs that Clari lists; nil: not asked for yet
}

// remembered is how many jobs of a class are remembered: few enough that a change in how long they take is soon known.
const remembered = 8

// enough jobs make it unlikely that all of them were slow by chance.
const enough = 3

// NewPace knows nothing yet. min and max bound the gap between two polls of one job; a first poll may come later.
func NewPace(min, max time.Duration) *Pace {
	return &Pace{min: min, max: max, jitter: rand.Float64, took: map[string][]time.Duration{}, listing: make(chan struct{}, 1)}
}

// Observe takes in how long a job ran, on the server's clock where that tells.
func (p *Pace) Observe(class string, took ...time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	all := append(slices.Clone(p.took[class]), took...)
	p.took[class] = all[max(0, len(all)-remembered):]
}

// Schedule says when to poll a job of this class, from what is known now.
func (p *Pace) Schedule(class string) Schedule {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := p.Backoff()
	if took := slices.Sorted(slices.Values(p.took[class])); len(took) > 0 {
		s.first, s.unsure = took[0], len(took) < enough
	}
	return s
}

// Backoff expects nothing, as of a job in a queue: gaps of min, and then each an eighth of the time longer.
func (p *Pace) Backoff() Schedule {
	return Schedule{min: p.min, max: p.max, jitter: p.jitter}
}

// knows reports whether a job of this class has been seen.
func (p *Pace) knows(class string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.took[class]) > 0
}

// Schedule says when to poll one job.
type Schedule struct {
	min, max time.Duration
	jitter   func() float64
	first    time.Duration // when the first poll is due; 0: nothing is known
	unsure   bool          // first is known from few jobs
}

// Next is the wait before the next poll of a job that has been in its present phase, queued or running, for elapsed. Where nothing has been seen yet, a jitter of up to
// a tenth of min is added, so that jobs that began together are not polled together.
func (s Schedule) Next(elapsed time.Duration) time.Duration {
	elapsed = max(elapsed, 0) // the server's clock may be ahead
	jitter := time.Duration(s.jitter() * float64(s.min) / 10)
	switch {
	case s.first == 0:
		return max(min(s.min+elapsed/8+jitter, s.max), s.min)
	case elapsed < s.first:
		wait := s.first - elapsed + jitter
		if s.unsure {
			wait = min(wait, max(elapsed, s.max))
		}
		return max(wait, s.min)
	default:
		return max(min(elapsed/12, s.max), s.min)
	}
}

// typical is how long jobs of a class run, or those of another one where nothing is known of it.
func (p *Pace) typical(class string) (time.Duration, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	took := p.took[class]
	for _, other := range p.took {
		if len(took) > 0 {
			break
		}
		took = other
	}
	if len(took) == 0 {
		return 0, false
	}
	return slices.Sorted(slices.Values(took))[len(took)/2], true
}
