package job

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/cq-source-clari/cq-source-clari/client/clari"
	"github.com/cq-source-clari/cq-source-clari/client/clock"
)

const (
	// appearsLate is how long after a job is done its result may not be there yet. Clari answers alike where it has expired.
	appearsLate = 5 * time.Minute
	// damagedReads is how often a result that makes no sense is downloaded: it may have been damaged on its way.
	damagedReads = 3
)

// readResult downloads the result of a job and reads it, whole. A cut connection is another try, never a short result; errExpired is a result
// that is not there any more.
func (r *run) readResult(ctx context.Context, e *Export) (Result, error) {
	var missing time.Time // since when the result has not been there
	gap := r.PollInterval
	damaged, cuts := 0, 0
	for attempt := 0; ; attempt++ {
		result, err := r.fetch(ctx, e)
		if err == nil || ctx.Err() != nil {
			return result, err
		}
		decision := r.Client.DownloadRetry(err, cuts)
		content, isContent := errors.AsType[*ContentError](err)
		switch {
		case errors.Is(err, clari.ErrInvalidJob) || errors.Is(err, clari.ErrNotFound):
			if missing.IsZero() {
				missing = time.Now()
			}
			ended := r.Client.LocalTime(e.Job.EndTime)
			if e.Job.EndTime.IsZero() || ended.After(missing) {
				ended = missing
			}
			if r.expired(e.Job) || time.Since(ended) >= appearsLate {
				return nil, fmt.Errorf("%w: %w", errExpired, err)
			}
			decision = clari.Decision{Retry: true, Wait: gap, Reason: "no result yet"}
			gap = min(gap*3/2, r.PollMaxInterval)
		case errors.Is(err, clari.ErrForbidden) && e.Adopted:
			return nil, fmt.Errorf("%w: %w", errExpired, err)
		case isContent && content.Damaged:
			damaged++
			decision = clari.Decision{Retry: damaged < damagedReads, Wait: r.PollInterval, Reason: "result is not whole"}
		default:
			cuts++
		}
		if !decision.Retry {
			return nil, err
		}
		e.Log(r.Log.Debug()).Err(err).Int("attempt", attempt+1).Stringer("wait", decision.Wait).Msg("downloading again: " + decision.Reason)
		if err := clock.Sleep(ctx, decision.Wait); err != nil {
			return nil, err
		}
	}
}

func (r *run) fetch(ctx context.Context, e *Export) (Result, error) {
	started := time.Now()
	download, err := r.Client.Results(ctx, e.Job.ID)
	if err != nil {
		return nil, fmt.Errorf("download: %w", err)
	}
	defer download.Body.Close()
	body := &bounded{body: download.Body, left: r.MaxResultBytes, limit: r.MaxResultBytes}
	result, err := e.Read(ctx, e, Body{body, download.EndMarked})
	e.ResultBytes = r.MaxResultBytes - body.left
	switch {
	case body.err != nil: // what the reader made of it does not matter
		err = fmt.Errorf("download: %w", body.err)
	case err == nil:
		r.date(ctx, e, started)
		return result, nil
	}
	if result != nil {
		err = errors.Join(err, result.Close())
	}
	if tooLarge, ok := errors.AsType[*TooLargeError](err); ok { // the job stays: a larger limit reads it without another export
		e.entry.TooLarge = tooLarge.Limit
		r.save(e)
	} else if body.err == nil {
		r.unread(ctx, e, err)
	}
	return nil, err
}

// unread notes a result that this machine could not read, with a full disk say: it is read again, not exported again.
func (r *run) unread(ctx context.Context, e *Export, err error) {
	if !isContent(err) && !errors.Is(err, ErrNotOurs) && ctx.Err() == nil {
		e.entry.Unread = true
		r.save(e)
	}
}

func isContent(err error) bool {
	_, ok := errors.AsType[*ContentError](err)
	return ok
}

// bounded is the body of a download, up to a limit. It keeps the error in which it ended, other than io.EOF.
type bounded struct {
	body  io.Reader
	left  int64
	limit int64
	err   error
}

func (b *bounded) Read(p []byte) (int, error) {
	if b.err != nil {
		return 0, b.err
	}
	n, err := b.body.Read(p)
	if b.left -= int64(n); b.left < 0 {
		b.left = 0
		err = &TooLargeError{Limit: b.limit}
		n = 0
	}
	if err != nil && err != io.EOF {
		b.err = err
	}
	return n, err
}

// date sets the time of the data. What the journal knows already stays: a re-download is no second snapshot.
func (r *run) date(ctx context.Context, e *Export, started time.Time) {
	if e.entry.ExportedAt.IsZero() {
		about := r.Client.ServerTime(started)
		if e.prior { // in any case before the job that renews it
			about = cmp.Or(e.Job.StartTime, e.entry.At)
		}
		e.entry.ExportedAt = cmp.Or(e.Job.EndTime, about).UTC().Truncate(time.Microsecond)
		if e.Job.EndTime.IsZero() { // only we know it: it has to be in the journal before the first row goes out
			r.save(e)
			r.journal.Flushed(ctx)
		}
	}
	e.ExportedAt = e.entry.ExportedAt
}
