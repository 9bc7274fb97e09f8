package job

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/cq-source-clari/cq-source-clari/client/clari"
	"github.com/cq-source-clari/cq-source-clari/client/journal"
)

// IncompleteError says that a run ended without everything that it planned: it names what is missing and why, grouped by cause.
type IncompleteError struct {
	Planned int
	Missing []*Export // failed or left out
}

const (
	maxIncomplete = 3800 // bytes of the whole text: log lines over 4 KiB are cut
	maxCause      = 600  // of one cause
	maxNames      = 400  // of the names of its exports
)

func (e *IncompleteError) Error() string {
	text := fmt.Sprintf("%d of %d exports did not land: ", len(e.Missing), e.Planned)
	var told int
	for i, g := range e.groups() {
		part := g.names() + ": " + clip(g.text, maxCause)
		if i > 0 {
			part = "; " + part
		}
		if len(text)+len(part) > maxIncomplete-100 {
			return text + fmt.Sprintf("; and %d more, which the table of exports names", len(e.Missing)-told)
		}
		text += part
		told += len(g.exports)
	}
	return text
}

func (e *IncompleteError) Unwrap() []error {
	errs := make([]error, len(e.Missing))
	for i, x := range e.Missing {
		errs[i] = x.Err
	}
	return errs
}

// group is the exports that were lost to one cause. One text stands for it.
type group struct {
	text    string
	exports []*Export
}

func (g *group) names() string {
	if len(g.exports) == 1 {
		return clip(g.exports[0].String(), maxNames)
	}
	return clip(describe(g.exports), maxNames)
}

// groups sorts what is missing by cause, most exports first.
func (e *IncompleteError) groups() []*group {
	var groups []*group
	byCause := map[string]*group{}
	for _, x := range e.Missing {
		cause := x.Err.Error()
		if answer, ok := errors.AsType[*clari.Error](x.Err); ok {
			cause = answer.Cause()
		}
		g := byCause[cause]
		if g == nil {
			g = &group{text: x.Err.Error()}
			byCause[cause] = g
			groups = append(groups, g)
		}
		g.exports = append(g.exports, x)
	}
	slices.SortStableFunc(groups, func(a, b *group) int { return cmp.Compare(len(b.exports), len(a.exports)) })
	return groups
}

// clip shortens a text to a number of bytes.
func clip(text string, size int) string {
	if len(text) <= size {
		return text
	}
	const more = "..."
	return strings.ToValidUTF8(text[:size-len(more)], "") + more
}

// EndedError is a job that Clari ended without a result.
type EndedError struct {
	Status clari.Status
}

func (e *EndedError) Error() string {
	return fmt.Sprintf("wait: job ended %s", e.Status)
}

// TimeoutError is a job that took longer than the limits allow, in one phase or in all.
type TimeoutError struct {
	Key    string // the spec key that sets the limit
	Limit  time.Duration
	Status clari.Status // last seen
}

func (e *TimeoutError) Error() string {
	return fmt.Sprintf("wait: job last seen %s when %s %s had passed", e.Status, e.Key, e.Limit)
}

// ContentError is a result that is not what was asked for.
type ContentError struct {
	Err     error
	Damaged bool // it is no export at all, or half of one: another download, which costs no quota, may help
	Passing bool // it says nothing of the next export: an empty one, or one of another quarter where Clari chose
}

func (e *ContentError) Error() string { return e.Err.Error() }
func (e *ContentError) Unwrap() error { return e.Err }

// TooLargeError is a result longer than max_result_bytes.
type TooLargeError struct {
	Limit int64 // bytes, unpacked
}

func (e *TooLargeError) Error() string {
	return fmt.Sprintf("read: the result is longer than max_result_bytes, %d bytes: raise it, and the same result is read again", e.Limit)
}

// RememberedError is a result that failed for what is in it, and is not exported anew before a day.
type RememberedError struct{ Failure journal.Failure }

func (e *RememberedError) Error() string {
	return fmt.Sprintf("check: the result of job %s failed, and the export is tried again on %s: %s",
		e.Failure.Job, e.Failure.NextTry.Format(time.DateOnly), e.Failure.Cause)
}

// LeftOutError is why an export was never asked for.
type LeftOutError struct{ Err error }

func (e *LeftOutError) Error() string { return "never asked for: " + e.Err.Error() }
func (e *LeftOutError) Unwrap() error { return e.Err }

// The ways in which a result falls short.
var (
	ErrNotOurs   = errors.New("check: the job that was found is not of this export") // of an Export that was Listed
	errExpired   = errors.New("result expired")
	errNotKept   = errors.New("check: the state backend does not keep which job is newest, so that the next sync would land older final rows over these")
	errNotListed = errors.New("create: its answer was lost, and the job is not in the list yet")
)
