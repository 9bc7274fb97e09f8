package job

import (
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

// plan takes in a new export, and numbers it.
func (p *progress) plan(e *Export) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.total++
	p.left++
	p.ahead[e.Class]++
	e.Number = p.total
}

func (p *progress) begin(e *Export) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ahead[e.Class]--
	p.begun[e] = time.Now()
}

// again notes that a try has come to nothing.
func (p *progress) again(e *Export) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.begun, e)
	p.ahead[e.Class]++
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
	atOnce := time.Duration(max(1, r.slots.Waiting()))
	for e, began := range r.progress.begun {
		took, ok := r.pace.Typical(e.Class)
		if !ok {
			return 0, false
		}
		left = max(left, took-time.Since(began))
	}
	for class, n := range r.progress.ahead {
		if n == 0 {
			continue
		}
		took, ok := r.pace.Typical(class)
		if !ok {
			return 0, false
		}
		left += time.Duration(n) * max(took/atOnce, r.DelayBetweenExports)
	}
	return left, true
}

// Summary is what a run has done.
type Summary struct {
	Spent     int             // export jobs created, each of which counts against the quota
	Outcomes  map[Outcome]int // of the planned exports
	Rows      int64           // sent
	QuotaLeft *int            // exports; nil: not known

	mu     sync.Mutex
	causes map[string]int // why jobs were created for requests that were paid for before, and how many
}

// MarshalZerologObject writes the fields of the log line at the end of a sync.
func (s *Summary) MarshalZerologObject(event *zerolog.Event) {
	event.Int("spent", s.Spent)
	if len(s.causes) > 0 {
		event.Interface("spent_twice", s.causes)
	}
	for _, o := range outcomes {
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

// twice takes in why a job was created for a request that was paid for before; empty: none was.
func (s *Summary) twice(why string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if why == "" {
		return
	}
	if s.causes == nil {
		s.causes = map[string]int{}
	}
	s.causes[why]++
}
