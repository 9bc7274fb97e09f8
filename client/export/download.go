package export

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/cq-source-clari/cq-source-clari/client/clari"
	"github.com/cq-source-clari/cq-source-clari/client/clock"
)

// notYet is how often Clari may say that a job which is done has no result before the result counts as expired. It answers
// invalid_jobId for both.
const notYet = 3

// download brings the result of a job into a spool, whole. A cut connection is another try, never a short result.
func (r *run) download(ctx context.Context, e *Export) (*spool, error) {
	s := &spool{}
	invalid := 0
	for attempt := 0; ; attempt++ {
		err := r.fetch(ctx, e, s)
		if err == nil {
			e.ResultBytes = s.size
			return s, nil
		}
		decision := r.Client.DownloadRetry(err, attempt)
		if errors.Is(err, clari.ErrInvalidJob) {
			invalid++
			decision = clari.Decision{Retry: invalid < notYet && !r.expired(e.Job), Wait: time.Duration(r.Spec.PollInterval), Reason: "no result yet"}
			if !decision.Retry {
				err = fmt.Errorf("%w: %w", errExpired, err)
			}
		} else if errors.Is(err, clari.ErrNotFound) || e.adopted && gone(err) {
			decision.Retry, err = false, fmt.Errorf("%w: %w", errExpired, err)
		}
		if !decision.Retry || ctx.Err() != nil {
			s.Close()
			return nil, err
		}
		e.log(r.Log.Debug()).Err(err).Int("attempt", attempt+1).Stringer("wait", decision.Wait).Msg("downloading again: " + decision.Reason)
		if err := clock.Sleep(ctx, decision.Wait); err != nil {
			s.Close()
			return nil, err
		}
		if err := s.reset(); err != nil {
			s.Close()
			return nil, err
		}
	}
}

func (r *run) fetch(ctx context.Context, e *Export, s *spool) error {
	started := time.Now()
	results, err := r.Client.Results(ctx, e.Job.ID)
	if err != nil {
		return fmt.Errorf("download: %w", err)
	}
	defer results.Body.Close()
	if !results.EndMarked && e.Format == "csv" {
		return errEndless
	}
	if _, err := io.Copy(s, results.Body); err != nil {
		return fmt.Errorf("download: %w", err) // a cut one tells where
	}
	r.date(ctx, e, started)
	return nil
}

// date sets the time of the data. What the journal knows already stays: a re-download is no second snapshot.
func (r *run) date(ctx context.Context, e *Export, started time.Time) {
	if e.entry.ExportedAt.IsZero() {
		at := e.Job.EndTime
		if at.IsZero() {
			at = r.Client.ServerTime(started)
		}
		e.entry.ExportedAt = at.UTC().Truncate(time.Microsecond)
		if e.Job.EndTime.IsZero() { // only we know it: it has to be in the journal before the first row goes out
			r.note(ctx, e, e.entry.State)
			r.journal.flush(ctx)
		}
	}
	e.ExportedAt = e.entry.ExportedAt
}

func (r *run) expired(job clari.Job) bool {
	return !job.ExpiredTime.IsZero() && !job.ExpiredTime.After(r.Client.ServerTime(time.Now()))
}
