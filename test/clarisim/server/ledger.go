package server

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A Request is a line of the ledger. All times are on Clari's clock.
type Request struct {
	Target
	Number       int // from 1, in the order of arrival
	At, Answered time.Time
	Method, Path string
	JobID        string
	KeySent      bool  // an apikey header arrived
	UserID       int64 // its user; 0: it is not a key that is known
	Status       int   // 0: no answer, or not yet
	Bytes        int64 // of the body sent
	Cut          bool  // the connection ended before the answer did
	Throttled    bool  // the answer was 429
	RetryAt      time.Time
	Faults       []string // names of the effects that it met
	seen         int      // requests that had arrived when it was answered
}

// close enters the outcome of an exchange, however it ended.
func (s *Server) close(x *Exchange) {
	failure := recover()
	s.mu.Lock()
	r := &s.ledger[x.number-1]
	r.Answered, r.JobID, r.Faults, r.seen = s.Now(), x.jobID, x.faults, len(s.ledger)
	if w, ok := unwrap(x.Writer); ok {
		r.Status, r.Bytes = w.status, w.bytes
		r.RetryAt = retryAt(w.Header(), r.Answered)
	}
	r.Cut = failure != nil || r.Status == 0
	r.Throttled = r.Status == http.StatusTooManyRequests
	line := *r
	s.mu.Unlock()
	if s.cfg.Log != nil {
		s.cfg.Log(line)
	}
	if failure == nil {
		s.observe(x)
	}
	if failure != nil {
		panic(failure)
	}
}

func unwrap(w http.ResponseWriter) (*recorder, bool) {
	switch w := w.(type) {
	case *recorder:
		return w, true
	case *cutter:
		return unwrap(w.ResponseWriter)
	case *trickler:
		return unwrap(w.ResponseWriter)
	case *padder:
		return unwrap(w.ResponseWriter)
	}
	return nil, false
}

// retryAt is when a client that was answered with such a header may come again; zero if it says nothing.
func retryAt(h http.Header, answered time.Time) time.Time {
	value := h.Get("Retry-After")
	if seconds, err := strconv.Atoi(value); err == nil {
		return answered.Add(time.Duration(seconds) * time.Second)
	}
	at, _ := http.ParseTime(value)
	return at
}

// A Ledger is all that a server has seen until now.
type Ledger struct {
	Now      time.Time
	Requests []Request
	Jobs     []Job // planted ones too, in the order of creation
}

// Ledger is a copy of the ledger.
func (s *Server) Ledger() Ledger {
	s.mu.Lock()
	defer s.mu.Unlock()
	l := Ledger{Now: s.Now(), Requests: slices.Clone(s.ledger)}
	for _, j := range s.jobs {
		c := *j
		c.Export.At = j.EndsAt()
		l.Jobs = append(l.Jobs, c)
	}
	return l
}

// Job is the nth job that a request created, as it is now.
func (s *Server) Job(n int) (Job, bool) {
	for _, j := range s.Ledger().Jobs {
		if j.Number == n {
			return j, true
		}
	}
	return Job{}, false
}

// String lists the requests, one a line, for a test that failed.
func (l Ledger) String() string {
	var b strings.Builder
	for _, r := range l.Requests {
		b.WriteString(r.String() + "\n")
	}
	return b.String()
}

// String is the request on one line, without its key.
func (r Request) String() string {
	fields := []string{r.At.UTC().Format("2006-01-02 15:04:05.000"), r.Method, r.Path, strconv.Itoa(r.Status), strconv.FormatInt(r.Bytes, 10) + " B"}
	if r.Period != "" {
		fields = append(fields, r.Period)
	}
	if r.Op == Create && r.JobID != "" {
		fields = append(fields, "job "+r.JobID)
	}
	if r.Cut {
		fields = append(fields, "cut")
	}
	return strings.Join(append(fields, r.Faults...), " ")
}
