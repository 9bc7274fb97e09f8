package job

import (
	"slices"
	"sync"
	"time"

	"github.com/rs/zerolog"
)

// progress is how far a run is.
type progress struct {
	mu    sync.Mutex
	total int                   // exports planned so far
	left  int                   // those that have not ended
	ahead map[string]int        // those that have not begun, by class
	begun map[*Export]time.Time // those in between, and when they began
}

func newProgress() *progress {
	return &progress{ahead: map[string]int{}, begun: map[*Export]time.Time{}}
}

// plan takes in an export, and numbers it.
func (p *progress) plan(e *Export) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.total++
	p.left++
	p.ahead[e.Class()]++
	if e.Number == 0 {
		e.Number = p.total
	}
}

func (p *progress) begin(e *Export) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ahead[e.Class()]--
	p.begun[e] = time.Now()
}

func (p *progress) end(e *Export) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.left--
	delete(p.begun, e)
}

// tell adds to a log line about an export how far the run is: which export of how many it is, how many have not ended, and where it is
// known how long their jobs take, in how long all will be done.
func (r *run) tell(e *Export, event *zerolog.Event) *zerolog.Event {
	p := r.progress
	p.mu.Lock()
	defer p.mu.Unlock()
	event = e.Log(event).Int("export", e.Number).Int("of", p.total).Int("left", p.left)
	if d, ok := r.doneIn(); ok {
		event = event.Stringer("done_in", d.Round(time.Second))
	}
	return event
}

// doneIn is how long the exports that have not ended will take, with as many jobs at a time as there are now.
func (r *run) doneIn() (left time.Duration, ok bool) {
	atOnce := time.Duration(max(1, r.inFlight.waiting()))
	for e, began := range r.progress.begun {
		took, ok := r.pace.typical(e.Class())
		if !ok {
			return 0, false
		}
		left = max(left, took-time.Since(began))
	}
	for class, n := range r.progress.ahead {
		if n == 0 {
			continue
		}
		took, ok := r.pace.typical(class)
		if !ok {
			return 0, false
		}
		left += time.Duration(n) * max(took/atOnce, r.DelayBetweenExports)
	}
	return left, true
}

// typical is how long jobs of a class run, or those of another one where nothing is known of it.
func (p *pace) typical(class string) (time.Duration, bool) {
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

// Summary is what a run has done.
type Summary struct {
	Spent     int             // export jobs created, each of which counts against the quota
	Outcomes  map[Outcome]int // of the planned exports
	Rows      int64           // sent
	QuotaLeft *int            // exports; nil: not known
}

// MarshalZerologObject writes the fields of the log line at the end of a sync.
func (s *Summary) MarshalZerologObject(event *zerolog.Event) {
	event.Int("spent", s.Spent)
	for _, o := range []Outcome{OutcomeExported, OutcomeAdopted, OutcomeSettled, OutcomeFailed, OutcomeLeftOut} {
		event.Int(string(o), s.Outcomes[o])
	}
	event.Int64("rows", s.Rows)
	if s.QuotaLeft != nil {
		event.Int("quota_left", *s.QuotaLeft)
	}
}

// count takes in the outcome of an export.
func (s *Summary) count(e *Export) {
	if s.Outcomes == nil {
		s.Outcomes = map[Outcome]int{}
	}
	s.Outcomes[e.Outcome]++
	s.Rows += e.Rows
}
