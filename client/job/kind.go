package job

import (
	"context"

	"github.com/cq-source-clari/cq-source-clari/client/journal"
)

// Kind is one kind of export job, such as that of forecasts. One goroutine at a time calls it.
type Kind interface {
	// Next returns the next part of the plan, and an empty one at its end. It is called when every item of the part before has been read or has
	// failed, so that a plan may depend on what was read.
	Next(ctx context.Context, ledger *journal.Journal) (Part, error)
	// Preview is the plan as far as it can be told before anything is asked of Clari.
	Preview(ctx context.Context, ledger *journal.Journal) (Preview, error)
	// Describe names exports in an error or a log line, in few words: it says ranges where they follow one another.
	Describe(exports []*Export) string
	// Advice says what users can do about what the engine cannot.
	Advice() Advice
}

// Part is a part of a plan.
type Part struct {
	Items []Item // in the order in which they are to be made
	// Later may come in a later part: a job that was paid for them is nobody else's, and a creation of theirs whose end is not known is a rival. Of an
	// item that never comes (it has landed, and is not due) the same holds.
	Later []Item
}

// Preview is what a sync would ask for. Fields of its items are as in a part; their Labels and Why are what `plan` shows.
type Preview struct {
	Items    []Item
	Second   int      // of these exports, how many a second sync makes where there is a state backend
	Further  int      // and each one after that
	Settling []string // periods of those that the ledgers may know as settled
	Most     bool     // how many there are is not known: these are the most
	Problems []string // what is not known, and what would tell
}

// Advice ends an error or a log line, each part after a colon.
type Advice struct {
	Truncated string // Clari cut a result short
	Lacking   string // what landed lacks something that is wanted now, and its result is gone
}

// Outcome is what became of an export.
type Outcome string

const (
	OutcomeExported Outcome = "exported"     // a job of this sync landed
	OutcomeAdopted  Outcome = "adopted"      // a job of an earlier sync landed, that never had
	OutcomeAgain    Outcome = "landed_again" // the stored result of a job that had landed
	OutcomeSettled  Outcome = "settled"      // nothing to do, ever again
	OutcomeKept     Outcome = "kept"         // what is there stays
	OutcomeFailed   Outcome = "failed"
	OutcomeLeftOut  Outcome = "left_out" // never asked for
)

// outcomes are all of them, in the order in which they are counted in logs.
var outcomes = []Outcome{OutcomeExported, OutcomeAdopted, OutcomeAgain, OutcomeSettled, OutcomeKept, OutcomeFailed, OutcomeLeftOut}
