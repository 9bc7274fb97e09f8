package server

import (
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/cq-source-clari/cq-source-clari/test/clarisim/ledger"
)

// close enters the outcome of an exchange, however it ended.
func (s *Server) close(x *Exchange) {
	failure := recover()
	s.mu.Lock()
	r := &s.ledger[x.number-1]
	r.Answered, r.JobID, r.Faults, r.Seen = s.Now(), x.jobID, x.faults, len(s.ledger)
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

// unwrap is the recorder behind the writers that effects have put in front of it.
func unwrap(w http.ResponseWriter) (*recorder, bool) {
	for {
		switch behind := w.(type) {
		case *recorder:
			return behind, true
		case interface{ Unwrap() http.ResponseWriter }:
			w = behind.Unwrap()
		default:
			return nil, false
		}
	}
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

// Ledger is a copy of the ledger.
func (s *Server) Ledger() ledger.Ledger {
	s.mu.Lock()
	defer s.mu.Unlock()
	l := ledger.Ledger{Now: s.Now(), Requests: slices.Clone(s.ledger)}
	for _, j := range s.jobs {
		c := *j
		c.Export.At = j.EndsAt()
		l.Jobs = append(l.Jobs, c)
	}
	return l
}

// Job is the nth job that a request created, as it is now.
func (s *Server) Job(n int) (ledger.Job, bool) {
	for _, j := range s.Ledger().Jobs {
		if j.Number == n {
			return j, true
		}
	}
	return ledger.Job{}, false
}
