package job

import (
	"fmt"
	"strings"
	"time"

	"github.com/rs/zerolog"
	"go.opentelemetry.io/otel/trace"

	"github.com/cq-source-clari/cq-source-clari/client/clari"
)

// Export is one planned export and what has become of it. Make one with NewExport.
type Export struct {
	Subject
	Kind        Kind
	Number      int // in the plan, from 1
	Outcome     Outcome
	Err         error     // why it failed or was left out
	Job         clari.Job // as last seen; zero when no job was created
	Attempts    int       // jobs created for it in this sync
	Polls       int       // status requests for its jobs
	RequestedAt time.Time // when its last job was asked for, else when the sync planned it
	ExportedAt  time.Time // when the data is from: the job's end, else the first download's start
	ResultBytes int64     // unpacked
	Rows        int64     // sent
	Adopted     bool      // its job was created by an earlier sync
	Found       bool      // its job is not known by its id: it was found in the list, and may be another's

	entry      entry
	prior      bool    // an old result, landed beside the new job of the same subject
	renewed    *Export // of an old result: the export that has the new job
	priorOver  bool    // its old result has landed, or never will
	relanding  bool    // a settled export, landed again for what it lacks
	reexported bool    // its result was of no use, and has been exported once more
	began      time.Time
	span       trace.Span
	read       chan struct{} // closed when its result has been read, or will not be
}

// NewExport plans an export. err, if it is not nil, is why it cannot even be asked for.
func NewExport(k Kind, s Subject, planned time.Time, err error) *Export {
	return &Export{Subject: s, Kind: k, RequestedAt: planned, Err: err, read: make(chan struct{})}
}

// Landed tells whether its rows are there.
func (e *Export) Landed() bool { return e.Outcome == OutcomeExported || e.Outcome == OutcomeAdopted }

// ID identifies the export among those of all syncs: the job whose rows landed, else the request and its time.
func (e *Export) ID() string {
	if e.Landed() {
		return e.Job.ID
	}
	key := e.Key()
	return fmt.Sprintf("%s@%s", key[strings.LastIndexByte(key, '/')+1:], e.RequestedAt.UTC().Format(time.RFC3339Nano))
}

// DoneJobID is the job whose rows an earlier sync landed last; empty if there is none.
func (e *Export) DoneJobID() string { return e.entry.DoneJobID }

// AskedAt is when the job in the journal was asked for, on Clari's clock.
func (e *Export) AskedAt() time.Time { return e.entry.At }

// String names the export with its job.
func (e *Export) String() string {
	if e.Job.ID == "" {
		return e.Subject.String()
	}
	return e.Subject.String() + " job " + e.Job.ID
}

// Log adds the fields by which a person finds the export in a log.
func (e *Export) Log(event *zerolog.Event) *zerolog.Event {
	for _, l := range e.Labels() {
		event = event.Str(l.Name, l.Value)
	}
	if e.Job.ID != "" {
		event = event.Str("job_id", e.Job.ID)
	}
	return event
}
