package job

import (
	"context"
	"fmt"
	"io"

	"github.com/cq-source-clari/cq-source-clari/client/clari"
	"github.com/cq-source-clari/cq-source-clari/client/journal"
)

// Kind is one kind of export job, such as that of forecasts. Next and Report are each called by one goroutine at a time; Next may
// run while an export of the batch before is emitted, reported or recorded.
type Kind interface {
	// Next returns the next batch of the plan, and an empty one at its end. It is called when every export of the batch before has been
	// read or has failed, so that a plan may depend on what was read.
	Next(ctx context.Context, j *journal.Journal) (Batch, error)
	// Report tells of an export whose outcome is known: its row in a table of exports.
	Report(ctx context.Context, e *Export) error
	// Describe names exports in an error or a log line, in few words: it says ranges where they follow one another.
	Describe(exports []*Export) string
	// Advice is what users can do about what the engine cannot.
	Advice() Advice
}

// Advice ends an error or a log line, each part after a colon.
type Advice struct {
	Truncated string // Clari cut a result short
	Lacking   string // a settled export lacks what is wanted now, and its result is gone
}

// Batch is a part of a plan.
type Batch struct {
	Exports []*Export // in the order in which they are to be made
	// Later are the keys of exports that may come in a later batch: jobs that the journal has of them are nobody else's.
	Later []string
}

// Subject is what a kind knows of one export. Create, Made, Rival and Use may be called while another export of the kind is read.
type Subject interface {
	fmt.Stringer     // names it in errors
	Labels() []Label // by which a person finds it in logs and traces

	Key() string   // of its journal entry: a fingerprint of all that changes what Clari is asked for
	Memory() any   // pointer to the kind's own fields in that entry, as plain data; its keys must not be those of the engine's
	Class() string // exports of one class take about as long

	Copy() Subject // with a memory of its own

	// Standing is what the journal says of it before anything is asked.
	Standing() Standing
	// Refresh tells whether it is wanted whatever the journal says.
	Refresh() bool
	// Create asks Clari for a job, and calls sending each time just before the request goes out.
	Create(ctx context.Context, sending func(context.Context)) (jobID string, err error)
	// Made tells whether a listed job may be what a creation of this export made, by all but its times; and Likely whether it took about as
	// long as this one will.
	Made(j clari.Job) bool
	Likely(j clari.Job) bool
	// Rival tells whether a listed job, which this export may have made, may as well be what a creation of the other made.
	Rival(other Subject, j clari.Job) bool
	// Use tells what the job of an earlier sync, whose rows never landed, is still good for. unread: its result was never read because
	// this machine could not.
	Use(e *Export, j clari.Job, unread bool) Use
	// Read reads a result, while it is downloaded, to its end. An error of the reader is returned as it is, wrapped or not; one about what
	// is in the result is a *ContentError; any other means that this machine could not read it.
	Read(ctx context.Context, e *Export, body Body) (Result, error)
	// Landed is called past the barrier that made the rows durable. It brings the memory up to date, and saves what else has to be known.
	Landed(e *Export, j *journal.Journal)
}

// Body is a result as it arrives. Where its end is not marked a cut looks like the end (see clari.Results): then the content has to
// show that it is whole.
type Body struct {
	io.Reader
	EndMarked bool
}

// Result is a result that has been read whole.
type Result interface {
	// Check judges all of it before its first row goes out. Its errors are *ContentError.
	Check(ctx context.Context, e *Export) error
	// Emit sends its rows. An error means that nothing can be sent any more.
	Emit(ctx context.Context, e *Export) (rows int64, err error)
	Close() error
}

// Label is one thing that tells an export from others: a stable name in snake_case, and its value.
type Label struct{ Name, Value string }

// Standing is where an export stands before anything is asked.
type Standing int

const (
	Due     Standing = iota
	Settled          // nothing to do, ever again
	Lacking          // settled, but what landed lacks something that is wanted now: the old result may still have it
)

// Use is what the job of an earlier sync is good for.
type Use int

const (
	Drop  Use = iota // nothing
	Land             // it is as good as a new one
	Renew            // its rows are to land, and a new job is to be made
)

// Outcome is what became of an export.
type Outcome string

const (
	OutcomeExported Outcome = "exported" // a job of this sync landed
	OutcomeAdopted  Outcome = "adopted"  // a job of an earlier sync landed
	OutcomeSettled  Outcome = "settled"  // nothing to do
	OutcomeFailed   Outcome = "failed"
	OutcomeLeftOut  Outcome = "left_out" // the quota did not reach
)
