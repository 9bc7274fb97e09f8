package job

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/cq-source-clari/cq-source-clari/client/clari"
	"github.com/cq-source-clari/cq-source-clari/client/clock"
	"github.com/cq-source-clari/cq-source-clari/client/job/due"
	"github.com/cq-source-clari/cq-source-clari/client/journal"
)

const (
	// appearsLate is how long after a job is done its result may not be there yet. Clari answers alike where it has expired.
	appearsLate = 5 * time.Minute
	// damagedReads is how often a result that makes no sense is downloaded: it may have been damaged on its way.
	damagedReads = 3
)

// read downloads the result of a job and reads it, whole. A refusal is looked at again a minute later, while others land. A result that is not there any
// more, or is another's, puts the item back into the plan.
func (r *run) read(ctx context.Context, e *Export) (Result, error) {
	if isTrue(e.Job.RowsTruncated) || isTrue(e.Job.CellsTruncated) {
		return nil, &ContentError{Err: errors.New("check: clari cut the result short: " + e.Kind.Advice().Truncated)}
	}
	inner, done := e.stage(ctx, stageRead)
	for {
		result, err := r.download(inner, e)
		if err == nil || ctx.Err() != nil {
			done(err)
			return result, err
		}
		if errors.Is(err, ErrNotOurs) {
			done(err)
			return nil, r.discard(e, notOurs, err)
		}
		v, due := r.weigh(e, e.Job.ID, err, !r.known(err, e))
		switch v {
		case jobGone:
			done(err)
			return nil, r.discard(e, "its result is gone", err)
		case plainError:
			done(err)
			return nil, err
		}
		e.Log(r.Log.Info()).Err(err).Msg("clari does not give the result: asking again before that is believed")
		<-r.landing // others land meanwhile
		err = clock.Sleep(ctx, max(time.Until(due), r.PollInterval))
		r.landing <- struct{}{}
		if err != nil {
			done(err)
			return nil, err
		}
	}
}

// known reports whether a refusal is no surprise: the result has expired, or was waited for as long as one may appear late.
func (r *run) known(err error, e *Export) bool {
	return errors.Is(err, errExpired) && (r.expired(e.Job) || e.waitedFor)
}

// download is read without doubts. A cut connection is another try, never a short result; errExpired is a result that is not there.
func (r *run) download(ctx context.Context, e *Export) (Result, error) {
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
			if r.expired(e.Job) || time.Since(r.appeared(e, missing)) >= appearsLate {
				e.waitedFor = e.waitedFor || time.Since(missing) >= secondLook
				return nil, fmt.Errorf("%w: %w", errExpired, err)
			}
			decision = clari.Decision{Retry: true, Wait: gap, Reason: "no result yet"}
			gap = min(gap*3/2, r.PollMaxInterval)
		case isContent:
			damaged++
			decision = clari.Decision{Retry: damaged < damagedReads && (content.Damaged || damaged == 1), Wait: r.PollInterval, Reason: "result is not what it should be"}
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

// appeared is from when on the result of e should have been there; missing is when it was first seen not to be.
func (r *run) appeared(e *Export, missing time.Time) time.Time {
	ended := r.Client.LocalTime(e.Job.EndTime)
	if e.Job.EndTime.IsZero() || ended.After(missing) {
		return missing
	}
	return ended
}

// expired reports whether the result of a job is known to be there no more.
func (r *run) expired(j clari.Job) bool {
	switch {
	case !j.ExpiredTime.IsZero():
		return !j.ExpiredTime.After(r.now())
	case !j.EndTime.IsZero():
		return r.now().Sub(j.EndTime) > due.StoredFor
	}
	return false
}

func (r *run) fetch(ctx context.Context, e *Export) (Result, error) {
	started := r.now()
	download, err := r.Client.Results(ctx, e.Job.ID)
	if err != nil {
		return nil, fmt.Errorf("download: %w", err)
	}
	defer download.Body.Close()
	body := &bounded{body: download.Body, left: r.MaxResultBytes, limit: r.MaxResultBytes}
	result, err := e.Read(ctx, e, Body{body, download.EndMarked})
	e.ResultBytes, e.date = r.MaxResultBytes-body.left, started
	switch {
	case body.err != nil: // what the reader made of it does not matter
		err = fmt.Errorf("download: %w", body.err)
	case err == nil:
		return result, nil
	}
	if result != nil {
		err = errors.Join(err, result.Close())
	}
	if tooLarge, ok := errors.AsType[*TooLargeError](err); ok { // the job stays: a larger limit reads it without another export
		r.accounts.note(e, func(p *journal.Paid) { p.Change(e.Job.ID, func(j *journal.PaidJob) { j.TooLarge = tooLarge.Limit }) })
	} else if body.err == nil && failedHere(ctx, err) {
		r.noteUnread(e)
	}
	return nil, err
}

// failedHere reports whether it was this machine that could not read a result, with a full disk say, and not the result that is wrong.
func failedHere(ctx context.Context, err error) bool {
	_, isContent := errors.AsType[*ContentError](err)
	return !isContent && !errors.Is(err, ErrNotOurs) && ctx.Err() == nil
}

// noteUnread keeps that a result could not be read here: it is read again, not exported again.
func (r *run) noteUnread(e *Export) {
	r.accounts.note(e, func(p *journal.Paid) { p.Change(e.Job.ID, func(j *journal.PaidJob) { j.Unread = r.Reader }) })
}

func isTrue(b *bool) bool { return b != nil && *b }

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
