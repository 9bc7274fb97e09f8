package job

import (
	"context"
	"io"

	"github.com/cq-source-clari/cq-source-clari/client/clari"
	"github.com/cq-source-clari/cq-source-clari/client/job/due"
	"github.com/cq-source-clari/cq-source-clari/client/journal"
)

// Item is one slice of a kind's plan: what is to be there, and where. It is plain data, but for Work, which its kind does for it.
type Item struct {
	Work
	due.Item // what is to be there, by which it is decided

	Name   string  // "forecast net_arr period 2026_Q1", for errors
	Labels []Label // by which a person finds it in logs, traces and the plan
	Class  string  // items of one class take about as long
	Tab    string  // creations of items of one tab may be taken for each other
	Rank   int     // items of a part that matter as much have the same; lower comes first

	Request string // key of its paid record: see [journal.PaidKey]
	Ongoing bool   // its numbers still change: a result that failed is tried again each day
	Err     error  // why it cannot even be asked for
}

// Label is one thing that tells an item from others: a stable name in snake_case, and its value.
type Label struct{ Name, Value string }

// Work is what a kind does for one item: it creates and reads. Embed [Defaults] for the rest, and have those methods that matter.
type Work interface {
	// Create asks Clari for a job, and calls sending each time just before the request goes out.
	Create(ctx context.Context, sending func(context.Context)) (jobID string, err error)
	// Read reads a result, while it is downloaded, to its end. Where only the result tells the place, it sets e.Place. An error of the reader is returned as it
	// is, wrapped or not; one about what is in the result is a *ContentError, or ErrNotOurs where e.Listed; any other means that this machine could not read it.
	Read(ctx context.Context, e *Export, body Body) (Result, error)

	// Matches reports whether a creation of this item may have made job j, by all but its times. The job may have no name yet; once it is done it is
	// matched again, with the name and currency that it has then.
	Matches(j clari.Job) bool
	// Similar reports whether job j took about as long as one of this item will.
	Similar(j clari.Job) bool
	// Ambiguous reports whether job j could equally have been created for other, an item of the same tab.
	Ambiguous(other Item, j clari.Job) bool
	// Serves reports whether a paid job was asked for what the item is about now. j is zero where Clari was not asked.
	Serves(paid journal.PaidJob, j clari.Job) bool
	// Covers reports whether what the kind keeps of the place covers what is wanted, beyond types and weeks: a window's days, say.
	Covers() bool

	// Asked and State are what the kind keeps in the two ledgers, as pointers to plain data; nil: nothing. Both are filled before Decide, and State again once
	// Read has told the place. Asked stands beside what was paid for, and has to say what a creation asks for before its request goes out; State beside what
	// is there.
	Asked() any
	State() any
	// Landed is called past the barrier that made the rows durable, before both are saved.
	Landed(e *Export)

	// Report takes in an item whose outcome is known: its row in a table of exports.
	Report(ctx context.Context, e *Export) error
	// Finish is what has to be done after the rows of an item were sent and before it counts as done, such as looking up what they name. An error leaves the
	// result to be read again by the next sync, at no cost.
	Finish(ctx context.Context, e *Export) error
}

// Body is a result as it arrives. Where its end is not marked a cut looks like the end (see clari.Results): then the content has to
// show that it is whole.
type Body struct {
	io.Reader
	EndMarked bool
}

// Result is a result that has been read whole.
type Result interface {
	// Check judges all of it before its first row goes out. Its errors are *ContentError, or ErrNotOurs where e.Listed.
	Check(ctx context.Context, e *Export) error
	// Emit sends its rows. An error means that nothing can be sent any more.
	Emit(ctx context.Context, e *Export) (rows int64, err error)
	Close() error
}

// Defaults are the methods of Work, but Create and Read, as a kind has them that needs none.
type Defaults struct{}

// Matches: nothing in the list of jobs is this kind's.
func (Defaults) Matches(clari.Job) bool { return false }

// Similar: nothing in the list of jobs tells how long this kind's take.
func (Defaults) Similar(clari.Job) bool { return false }

// Ambiguous: nothing tells two creations of a tab apart.
func (Defaults) Ambiguous(Item, clari.Job) bool { return true }

// Serves: the request's key says all that was asked for.
func (Defaults) Serves(journal.PaidJob, clari.Job) bool { return true }

// Covers: types and weeks are all that is wanted.
func (Defaults) Covers() bool { return true }

// Asked: nothing is kept beside what was paid for.
func (Defaults) Asked() any { return nil }

// State: nothing is kept beside what is there.
func (Defaults) State() any { return nil }

// Landed: nothing is kept.
func (Defaults) Landed(*Export) {}

// Report: no table says what became of the item.
func (Defaults) Report(context.Context, *Export) error { return nil }

// Finish: rows are all there is.
func (Defaults) Finish(context.Context, *Export) error { return nil }
