package export

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/cq-source-clari/cq-source-clari/client/clari"
)

// IncompleteError says that a run ended without everything that it planned: it names each export that is missing and why.
type IncompleteError struct {
	Planned int
	Missing []*Export // failed or left out
}

func (e *IncompleteError) Error() string {
	texts := make([]string, len(e.Missing))
	for i, x := range e.Missing {
		texts[i] = fmt.Sprintf("%s: %v", x, x.Err)
	}
	return fmt.Sprintf("%d of %d exports did not land: %s", len(e.Missing), e.Planned, strings.Join(texts, "; "))
}

func (e *IncompleteError) Unwrap() []error {
	errs := make([]error, len(e.Missing))
	for i, x := range e.Missing {
		errs[i] = x.Err
	}
	return errs
}

// JobError is a job that Clari ended without a result.
type JobError struct {
	Status clari.Status
}

func (e *JobError) Error() string {
	return fmt.Sprintf("wait: job ended %s", e.Status)
}

// TimeoutError is a job that stayed in one phase longer than the spec allows.
type TimeoutError struct {
	Key    string // the spec key that sets the limit
	Limit  time.Duration
	Status clari.Status // last seen; empty when no job was created
}

func (e *TimeoutError) Error() string {
	if e.Status == "" {
		return fmt.Sprintf("create: no free place in the export queue within %s %s", e.Key, e.Limit)
	}
	return fmt.Sprintf("wait: job last seen %s when %s %s had passed", e.Status, e.Key, e.Limit)
}

// ContentError is a result that is not what was asked for.
type ContentError struct {
	Err     error
	Damaged bool // it is no export at all, or half of one: another download, which costs no quota, may help
}

func (e *ContentError) Error() string { return e.Err.Error() }
func (e *ContentError) Unwrap() error { return e.Err }

// The ways in which a result, or the quota, falls short.
var (
	ErrTruncated = errors.New("check: clari cut the result short: ask for fewer types, set a scope_id further down the hierarchy, or export_format csv")
	ErrEmpty     = errors.New("check: the result has no entries: check that the token's user is opted in to the forecast, scope_id and types; or set on_empty: warn")
	ErrQuota     = errors.New("create: monthly export quota used up")
	errQueueFull = errors.New("create: the export queue is full")
	errEndless   = errors.New("download: a proxy on the way takes the length off the result, so that a cut would not be noticed in csv: use export_format json")
	errExpired   = errors.New("result expired")
)
