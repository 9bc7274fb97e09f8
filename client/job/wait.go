package job

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/cq-source-clari/cq-source-clari/client/clari"
	"github.com/cq-source-clari/cq-source-clari/client/clock"
)

// obtain brings e's job to its end, with new jobs for those that fail.
func (r *run) obtain(ctx context.Context, e *Export) error {
	for {
		inner, waited := e.stage(ctx, stageWait)
		err := r.wait(inner, e)
		waited(err)
		if err == nil || ctx.Err() != nil {
			return err
		}
		ended, isEnd := errors.AsType[*EndedError](err)
		if isEnd {
			r.note(e, failed)
		}
		again := isEnd && ended.Status != "CANCELLED" && e.Attempts < r.ExportAttempts || (e.Adopted || e.Found) && gone(err)
		if e.relanding || !again {
			return err
		}
		e.Log(r.Log.Info()).Err(err).Int("attempt", e.Attempts).Msg("export job did not succeed: creating another")
		if then := r.create(ctx, e); then != nil {
			if ctx.Err() != nil {
				return then
			}
			return fmt.Errorf("%w; then %w", err, then) // the first cause is what the user has to know
		}
	}
}

const (
	// progressEvery is the least time between two lines about a job whose status does not change.
	progressEvery = 30 * time.Second
	// appearsWithin is how long Clari may not know a job that it has just created.
	appearsWithin = time.Minute
)

// wait polls the job of e until it is done, ends otherwise, or has taken longer than the limits allow.
func (r *run) wait(ctx context.Context, e *Export) error {
	if e.Job.Status.Phase() == clari.PhaseDone { // adopted
		return nil
	}
	began := time.Now() // when the present phase did, as far as it is known
	if (e.Adopted || e.Found) && !e.Job.StartTime.IsZero() {
		began = r.Client.LocalTime(e.Job.StartTime)
	}
	watch := startWatch(r.Client)
	watch.start = began // an adopted job has used up some of its time
	queued := e.Job.Status != "" && e.Job.Status.Phase() == clari.PhaseQueued
	schedule := r.schedule(ctx, e, queued)
	var logged time.Time
	for {
		asked := time.Now()
		wait := schedule.next(time.Since(began))
		if left := r.limit(queued).d - watch.elapsed(); left > 0 {
			wait = max(min(wait, left), r.PollInterval)
		}
		e.Log(r.Log.Debug()).Str("status", cmp.Or(string(e.Job.Status), "created")).Int("poll", e.Polls+1).Stringer("wait", wait).Msg("next poll")
		if err := clock.Sleep(ctx, wait); err != nil {
			return err
		}
		before := e.Job.Status
		if err := r.poll(ctx, e); err != nil {
			return err
		}
		phase := e.Job.Status.Phase()
		if nowQueued := phase == clari.PhaseQueued; nowQueued != queued { // the other phase has a pace and a limit of its own
			queued, began, watch = nowQueued, r.turned(e, asked), startWatch(r.Client)
			schedule = r.schedule(ctx, e, queued)
		}
		switch phase {
		case clari.PhaseDone:
			r.inFlight.end(e)
			if known := !e.Adopted || !e.Job.StartTime.IsZero(); known && !began.IsZero() {
				r.pace.observe(e.Class(), r.took(e, began))
			}
			return nil
		case clari.PhaseFailed:
			r.inFlight.end(e)
			return &EndedError{Status: e.Job.Status}
		case clari.PhaseUnknown:
			r.reportUnknown(e)
		}
		if limit := r.limit(queued); watch.elapsed() >= limit.d {
			return r.giveUp(ctx, e, limit)
		}
		if e.Job.Status != before || time.Since(logged) >= progressEvery {
			logged = time.Now()
			r.tell(e, r.Log.Info()).Str("status", string(e.Job.Status)).Int("attempt", e.Attempts).Int("polls", e.Polls).
				Stringer("wait", time.Since(e.RequestedAt).Round(100*time.Millisecond)).Msg("export waiting")
		}
	}
}

func (r *run) poll(ctx context.Context, e *Export) error {
	job, err := r.Client.Job(ctx, e.Job.ID)
	e.Polls++
	r.metrics.polls.Add(ctx, 1)
	if missing := errors.Is(err, clari.ErrNotFound) || errors.Is(err, clari.ErrInvalidJob); missing && !e.Adopted && time.Since(e.RequestedAt) < appearsWithin {
		job, err = clari.Job{Status: "SCHEDULED"}, nil // it is not everywhere yet
	}
	if err != nil {
		return fmt.Errorf("wait: %w", err)
	}
	job.ID = e.Job.ID
	e.Job = job
	return nil
}

// schedule paces the polls of e. How long jobs run is learned; how long they queue depends on others.
func (r *run) schedule(ctx context.Context, e *Export, queued bool) schedule {
	if queued {
		return r.pace.ladder()
	}
	r.learn(ctx, e)
	return r.pace.schedule(e.Class())
}

// turned is when the job of e came into the phase that it was not yet in at the poll before: when it started, if Clari tells. It is
// zero for a job that has ended meanwhile, where Clari does not: how long it ran is then not known.
func (r *run) turned(e *Export, before time.Time) time.Time {
	if started := r.Client.LocalTime(e.Job.StartTime); started.After(before) && started.Before(time.Now()) {
		return started
	}
	if e.Job.Status.Phase() == clari.PhaseDone {
		return time.Time{}
	}
	return time.Now()
}

// took is how long the job ran: by Clari's own times where it gives them, which no poll gap blurs.
func (r *run) took(e *Export, began time.Time) time.Duration {
	if !e.Job.EndTime.IsZero() {
		if d := r.Client.LocalTime(e.Job.EndTime).Sub(began); d > 0 && d < time.Since(began) {
			return d
		}
	}
	return time.Since(began)
}

// limit is the time that a job may spend in one phase.
type limit struct {
	key string
	d   time.Duration
}

func (r *run) limit(queued bool) limit {
	if queued {
		return limit{"queue_timeout", r.QueueTimeout}
	}
	return limit{"run_timeout", r.RunTimeout}
}

// giveUp ends an export that takes too long. A job that this run created is cancelled, which gives the export back to the quota;
// others' are left alone.
func (r *run) giveUp(ctx context.Context, e *Export, l limit) error {
	err := &TimeoutError{Key: l.key, Limit: l.d, Status: e.Job.Status}
	if e.Adopted || e.Found {
		return err
	}
	cancelErr := r.Client.CancelJob(ctx, e.Job.ID)
	if errors.Is(cancelErr, clari.ErrNotCancellable) { // it has ended after all
		if clock.Sleep(ctx, r.PollInterval) == nil && r.poll(ctx, e) == nil && e.Job.Status.Phase() == clari.PhaseDone {
			r.inFlight.end(e)
			return nil
		}
	}
	if cancelErr == nil || errors.Is(cancelErr, clari.ErrNotCancellable) {
		r.inFlight.end(e)
	}
	if cancelErr != nil {
		e.Log(r.Log.Info()).AnErr("cause", cancelErr).Msg("export job took too long, and could not be cancelled")
		return err
	}
	r.note(e, failed)
	e.Log(r.Log.Info()).Msg("export job took too long: cancelled")
	return err
}

// reportUnknown tells once of each status word that is not known. The job counts as running.
func (r *run) reportUnknown(e *Export) {
	if _, told := r.unknown.LoadOrStore(e.Job.Status, true); !told {
		e.Log(r.Log.Warn()).Str("status", string(e.Job.Status)).Msg("unknown job status: waiting as if it were running")
	}
}
