package server

import (
	"net/http"
	"strconv"
	"time"

	"github.com/cq-source-clari/cq-source-clari/test/clarisim/ledger"
)

// An Effect is what a Fault does, in one of four ways. Those that have names are in package fault.
type Effect struct {
	Name    string
	Answer  func(*Exchange)                        // answers in place of the API
	Through func(*Exchange) http.ResponseWriter    // is what the API answers into; it has Unwrap
	Job     func(*ledger.Job)                      // alters the job that a creation makes
	Page    func(x *Exchange, page map[string]any) // alters a page of audit events

	Refused   bool // with Answer: over Transport the request never arrives
	processed bool // with Answer: the API does what was asked before
}

// AfterProcessing lets the API do what was asked and keeps only its answer back: a creation makes a job.
func (e Effect) AfterProcessing() Effect {
	e.Name += "-after-processing"
	e.processed = true
	return e
}

// RetryAfter adds a Retry-After header in seconds, rounded up.
func (e Effect) RetryAfter(d time.Duration) Effect {
	seconds := strconv.Itoa(int((d + time.Second - 1) / time.Second))
	return e.with("-retry-after", func(x *Exchange) { x.Writer.Header().Set("Retry-After", seconds) })
}

// RetryAfterDate adds a Retry-After header as an HTTP date on Clari's clock, rounded up to a second.
func (e Effect) RetryAfterDate(d time.Duration) Effect {
	return e.with("-retry-after-date", func(x *Exchange) {
		until := x.server.Now().Add(d + time.Second - 1).UTC()
		x.Writer.Header().Set("Retry-After", until.Format(http.TimeFormat))
	})
}

func (e Effect) with(name string, before func(*Exchange)) Effect {
	answer := e.Answer
	e.Name += name
	e.Answer = func(x *Exchange) {
		before(x)
		answer(x)
	}
	return e
}

// answer lets the API answer, as altered or replaced by the effects that fire.
func (s *Server) answer(x *Exchange, effects []Effect) {
	var replaced *Effect
	for i, e := range effects {
		x.faults = append(x.faults, e.Name)
		if e.Page != nil {
			x.pages = append(x.pages, e.Page)
		} else if e.Job != nil {
			x.alter = append(x.alter, e.Job)
		} else if replaced == nil {
			replaced = &effects[i]
		}
	}
	switch {
	case replaced == nil:
		s.process(x)
	case replaced.Through != nil:
		x.Writer = replaced.Through(x)
		s.process(x)
	default:
		if replaced.processed {
			w := x.Writer
			x.Writer = nowhere{http.Header{}}
			s.process(x)
			x.Writer = w
		}
		replaced.Answer(x)
	}
}

// A nowhere takes the answer of a request whose client is to hear something else.
type nowhere struct{ header http.Header }

func (n nowhere) Header() http.Header         { return n.header }
func (n nowhere) Write(p []byte) (int, error) { return len(p), nil }
func (n nowhere) WriteHeader(int)             {}

type object = map[string]any
