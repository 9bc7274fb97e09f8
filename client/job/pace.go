package job

import (
	"context"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/cq-source-clari/cq-source-clari/client/clari"
	"github.com/cq-source-clari/cq-source-clari/client/journal"
)

// pace says when to poll a job: first when the quickest of the last ones of its class was done, and then after each twelfth of the
// time that has passed. So few polls are wasted, and few seconds. One or two jobs may have been far slower than the next will be: where no
// more are known, a long wait for the first poll is cut into pieces, each as long as all before. It is safe for concurrent use.
type pace struct {
	min, max time.Duration  // least and greatest gap between two polls of one job; a first poll may come later
	jitter   func() float64 // in [0, 1); tests replace it

	mu   sync.Mutex
	took map[string][]time.Duration // by class: how long the last jobs ran, oldest first
}

// remembered is how many jobs of a class are remembered: few enough that a change in how long they take is soon known.
const remembered = 8

// enough jobs make it unlikely that all of them were slow by chance.
const enough = 3

func newPace(min, max time.Duration) *pace {
	return &pace{min: min, max: max, jitter: rand.Float64, took: map[string][]time.Duration{}}
}

// observe takes in how long a job ran, on the server's clock where that tells.
func (p *pace) observe(class string, took ...time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	all := append(slices.Clone(p.took[class]), took...)
	p.took[class] = all[max(0, len(all)-remembered):]
}

// schedule says when to poll a job of this class, from what is known now.
func (p *pace) schedule(class string) schedule {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := p.ladder()
	if took := slices.Sorted(slices.Values(p.took[class])); len(took) > 0 {
		s.first, s.unsure = took[0], len(took) < enough
	}
	return s
}

// ladder expects nothing, as of a job in a queue: gaps of min, and then each an eighth of the time longer.
func (p *pace) ladder() schedule {
	return schedule{min: p.min, max: p.max, jitter: p.jitter}
}

func (p *pace) knows(class string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.took[class]) > 0
}

// schedule says when to poll one job.
type schedule struct {
	min, max time.Duration
	jitter   func() float64
	first    time.Duration // when the first poll is due; 0: nothing is known
	unsure   bool          // first is known from few jobs
}

// next is the wait before the next poll of a job that still runs after elapsed. Where nothing has been seen yet, a jitter of up to
// a tenth of min is added, so that jobs that began together are not polled together.
func (s schedule) next(elapsed time.Duration) time.Duration {
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

// paceKey is the journal's key of how long jobs of a class ran, in milliseconds.
func (r *run) paceKey(class string) string {
	return "clari/pace/" + journal.Fingerprint([]string{r.Scope, class})
}

// learn sees to it that something is known of how long jobs of the class of e run: from earlier syncs, else from the jobs that Clari
// lists. That list is asked for once, and only if there is something to wait for.
func (r *run) learn(ctx context.Context, e *Export) {
	class := e.Class()
	if r.pace.knows(class) {
		return
	}
	var ms []int64
	r.journal.Load(ctx, r.paceKey(class), &ms)
	if len(ms) > 0 {
		for _, n := range ms {
			r.pace.observe(class, time.Duration(n)*time.Millisecond)
		}
		return
	}
	for _, j := range r.finishedJobs(ctx) {
		if e.Likely(j) {
			r.pace.observe(class, j.EndTime.Sub(j.StartTime))
		}
	}
}

// finishedJobs are those that Clari lists, oldest first. They are asked for once; who comes meanwhile waits for the answer.
func (r *run) finishedJobs(ctx context.Context) []clari.Job {
	select {
	case r.listing <- struct{}{}:
		defer func() { <-r.listing }()
	case <-ctx.Done():
		return nil
	}
	if r.listed == nil {
		ctx, cancel := context.WithTimeout(ctx, r.PollInterval) // no poll is due before
		defer cancel()
		jobs, _ := r.Client.Jobs(ctx)
		r.listed = slices.DeleteFunc(append([]clari.Job{}, jobs...), func(j clari.Job) bool {
			return j.Status.Phase() != clari.PhaseDone || j.StartTime.IsZero() || !j.EndTime.After(j.StartTime)
		})
		slices.SortFunc(r.listed, func(a, b clari.Job) int { return a.EndTime.Compare(b.EndTime) })
	}
	return r.listed
}

// remember saves how long jobs of the class of e ran, for the next sync.
func (r *run) remember(e *Export) {
	r.pace.mu.Lock()
	defer r.pace.mu.Unlock()
	var ms []int64
	for _, d := range r.pace.took[e.Class()] {
		ms = append(ms, d.Milliseconds())
	}
	if len(ms) > 0 {
		r.journal.Save(r.paceKey(e.Class()), ms)
	}
}
