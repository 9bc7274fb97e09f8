package job

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/rs/zerolog"
	"go.opentelemetry.io/otel/trace"

	"github.com/cq-source-clari/cq-source-clari/client/clari"
	"github.com/cq-source-clari/cq-source-clari/client/job/due"
	"github.com/cq-source-clari/cq-source-clari/client/journal"
)

// Export is an item on its way, and what has become of it. A second try is another Export of the same item.
type Export struct {
	Item
	Kind   Kind
	Number int // in the plan, from 1; all tries of an item have one

	There    journal.Place // what the ledger has of its place, before it lands itself
	Decision due.Decision  // what is to be done, and why

	// What it has met. A step fills what it learns.
	Job         clari.Job // as last seen; zero when there is none
	Listed      bool      // its job was found in the list, and may be another's
	RequestedAt time.Time // when its job was asked for, else when the sync planned it; local clock
	ExportedAt  time.Time // when the data is from: the job's end, else the first download's start
	Attempts    int       // jobs tried for the item in this sync
	Created     int       // of them created by it: what the item has cost
	Polls       int       // status requests for its jobs
	ResultBytes int64     // unpacked
	Rows        int64     // sent
	Found       any       // what the kind made of the result: its own
	Next        *Item     // set by the kind where the result is of something that is over: the item as it is wanted now, which is planned as well

	Outcome Outcome
	Err     error     // why it failed or was left out
	NextTry time.Time // of a failure that is remembered: the day on which it is tried again

	asked     time.Time // when its job was asked for, on Clari's clock; zero: not known
	paid      *account  // what the ledger has of its request
	planned   string    // its place as its kind planned it; Read may tell another
	order     order     // where it stands in its part
	due       time.Time // not before; zero: at once
	cause     error     // what became of an earlier try of the item in this sync
	spend     string    // why it may be bought a second time
	spent     string    // the job that was paid for first
	landing   string    // the job that another export of the item lands already
	extra     bool      // a further landing of an item: Decision is made, and the item's own export is another one
	mine      bool      // a creation of this run returned its job, which has not ended: no other one is ever cancelled
	waitedFor bool      // its result was waited for, and did not appear
	date      time.Time // when its result was first asked for, on Clari's clock
	begun     time.Time
	span      trace.Span
}

// Landed reports whether its rows are there.
func (e *Export) Landed() bool {
	return e.Outcome == OutcomeExported || e.Outcome == OutcomeAdopted || e.Outcome == OutcomeAgain
}

// askedFor is when a job of the ledgers was asked for, on Clari's clock; zero: they do not say.
func (e *Export) askedFor(id string) time.Time {
	paid := e.paid.read()
	switch {
	case id == e.There.Job:
		return e.There.AskedAt
	case paid.Failure != nil && id == paid.Failure.Job:
		return paid.Failure.AskedAt
	}
	return paid.Find(id).AskedAt
}

// Relabel sets a label of the export, whose value its result told.
func (e *Export) Relabel(name, value string) {
	e.Labels = slices.Clone(e.Labels) // those of the item are another try's as well
	for i, l := range e.Labels {
		if l.Name == name {
			e.Labels[i].Value = value
		}
	}
}

// ID identifies the export among those of all syncs: the job whose rows landed, else the request and its time.
func (e *Export) ID() string {
	if e.Landed() {
		return e.Job.ID
	}
	return fmt.Sprintf("%s@%s", e.Request[strings.LastIndexByte(e.Request, '/')+1:], e.RequestedAt.UTC().Format(time.RFC3339Nano))
}

// String names the export with its job.
func (e *Export) String() string {
	if e.Job.ID == "" {
		return e.Name
	}
	return e.Name + " job " + e.Job.ID
}

// Log adds the fields by which a person finds the export in a log.
func (e *Export) Log(event *zerolog.Event) *zerolog.Event {
	for _, l := range e.Labels {
		event = event.Str(l.Name, l.Value)
	}
	if e.Job.ID != "" {
		event = event.Str("job_id", e.Job.ID)
	}
	return event
}
