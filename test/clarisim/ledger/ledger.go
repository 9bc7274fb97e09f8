// Package ledger is what was asked of the stand-in and what it made: each [Request] with its outcome, each export [Job] with its course,
// and what must hold for all of them.
//
//	l := server.Ledger()
//	l.Spent()                  // exports that count against the quota
//	l.TooEarly()               // requests that were sent before Retry-After ran out
//	l.JobsFor()[ledger.Asked{Forecast: "net_arr", Period: "2026_Q1"}]
//
// A Job does nothing: its times are drawn when it is made, and which state it is in at an instant, and how the API shows it then, follows
// from them. The package is plain data. It knows no HTTP, and nothing of who asks.
package ledger

import (
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
	Seen         int      // requests that had arrived when it was answered
}

// A Ledger is all that a server has seen until now.
type Ledger struct {
	Now      time.Time
	Requests []Request
	Jobs     []Job // planted ones too, in the order of creation
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
