package job

import (
	"sync"

	"github.com/rs/zerolog"
)

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
