package job

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/cq-source-clari/cq-source-clari/client/clari"
	"github.com/cq-source-clari/cq-source-clari/client/clock"
	"github.com/cq-source-clari/cq-source-clari/client/job/queue"
	"github.com/cq-source-clari/cq-source-clari/client/journal"
)

const (
	// progressEvery is the least time between two lines about a job whose status does not change.
	progressEvery = 30 * time.Second
	// appearsWithin is how long Clari may not know a job that it has just created.
	appearsWithin = time.Minute
	// retryAfter is the least time between the end of a job that failed and the creation of the next one.
	retryAfter = time.Minute
)

// wait brings the job of an export to its end. What it says of a job that is of no use is what is to be done instead.
func (r *run) wait(ctx context.Context, e *Export) error {
	inner, waited := e.stage(ctx, stageWait)
	err := r.untilDone(inner, e)
	waited(err)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	ended, hasEnded := errors.AsType[*EndedError](err)
	switch {
	case err == nil:
		r.accounts.note(e, func(p *journal.Paid) { p.UsedUp = false })
		if r.accounts.isMade(e) {
			r.budget.Done()
		}
		if e.Listed && !e.Matches(e.Job) { // it has its name by now
			return r.discard(e, notOurs, ErrNotOurs)
		}
		return nil
	case hasEnded:
		r.accounts.note(e, func(p *journal.Paid) { p.Forget(e.Job.ID) })
		if r.accounts.isMade(e) {
			r.budget.Failed(e, e.Tab, r.plan.tabCount())
		}
		if ended.Status == "CANCELLED" || e.Attempts >= r.attempts(e) {
			r.accounts.note(e, func(p *journal.Paid) { p.UsedUp = ended.Status != "CANCELLED" })
			return err
		}
		return &again{due: time.Now().Add(retryAfter), spend: "its job " + string(ended.Status), err: err}
	}
	return err
}

// lostAttempts is how many jobs there are for an export whose result is lost, or another's: one more, and only one.
const lostAttempts = 2

const notOurs = "the job that was found is another's"

// discard gives up a job that is not this export's, or that is not there any more: the item is another one of the plan without it, while it has tries left.
func (r *run) discard(e *Export, why string, err error) error {
	r.doubts.giveUp(e.Job.ID)
	r.accounts.note(e, func(p *journal.Paid) { p.Forget(e.Job.ID) })
	if e.Attempts >= lostAttempts || e.extra { // beside an extra one the item has an export of its own
		return err
	}
	return &again{spend: why, err: err}
}

// waiting is the state of one wait.
type waiting struct {
	whole    queue.Stopwatch // since the job was asked for
	phase    queue.Stopwatch // since it came into its present phase
	began    time.Time       // when that was, as far as it is known
	queued   bool
	schedule queue.Schedule
	logged   time.Time
}

// untilDone polls the job of e until it is done, ends otherwise, or has taken longer than the limits allow.
func (r *run) untilDone(ctx context.Context, e *Export) error {
	if e.Job.Status.Phase() == clari.PhaseDone { // adopted
		return nil
	}
	w := r.startWaiting(ctx, e)
	for {
		asked := time.Now()
		wait := w.schedule.Next(time.Since(w.began))
		if _, left := r.limit(w); left > 0 {
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
		if nowQueued := phase == clari.PhaseQueued; nowQueued != w.queued { // the other phase has a pace and a limit of its own
			w.queued, w.began, w.phase = nowQueued, r.turned(e, asked), queue.StartWatch(r.Client)
			w.schedule = r.schedule(ctx, e, nowQueued)
		}
		switch phase {
		case clari.PhaseDone:
			r.done(e, w.began)
			return nil
		case clari.PhaseFailed:
			r.over(e)
			return &EndedError{Status: e.Job.Status}
		case clari.PhaseUnknown:
			r.reportUnknown(e)
		}
		if over, left := r.limit(w); left <= 0 {
			return r.giveUp(ctx, e, over)
		}
		if e.Job.Status != before || time.Since(w.logged) >= progressEvery {
			w.logged = time.Now()
			r.tell(e, r.Log.Info()).Str("status", string(e.Job.Status)).Int("attempt", e.Attempts).Int("polls", e.Polls).
				Stringer("wait", time.Since(e.RequestedAt).Round(100*time.Millisecond)).Msg("export waiting")
		}
	}
}

func (r *run) startWaiting(ctx context.Context, e *Export) *waiting {
	w := &waiting{began: time.Now(), queued: e.Job.Status != "" && e.Job.Status.Phase() == clari.PhaseQueued}
	if e.Job.Status != "" && !e.Job.StartTime.IsZero() { // an adopted job has run for some time
		w.began = r.Client.LocalTime(e.Job.StartTime)
	}
	w.phase, w.whole = queue.StartWatch(r.Client), queue.WatchSince(r.Client, e.RequestedAt)
	w.schedule = r.schedule(ctx, e, w.queued)
	return w
}

func (r *run) done(e *Export, began time.Time) {
	r.over(e)
	if known := r.accounts.isMade(e) && !e.Listed || !e.Job.StartTime.IsZero(); known && !began.IsZero() {
		r.pace.Observe(e.Class, r.took(e, began))
	}
}

// poll asks for the state of the job. That it is not there, or not for this key, is believed when it is said again a minute later.
func (r *run) poll(ctx context.Context, e *Export) error {
	for {
		job, err := r.Client.Job(ctx, e.Job.ID)
		e.Polls++
		r.metrics.polls.Add(ctx, 1)
		missing := errors.Is(err, clari.ErrNotFound) || errors.Is(err, clari.ErrInvalidJob)
		switch {
		case err == nil:
			r.doubts.answered(e.Job.ID)
			job.ID = e.Job.ID
			e.Job = job
			return nil
		case missing && e.mine && time.Since(e.RequestedAt) < appearsWithin:
			e.Job.Status = "SCHEDULED" // it is not everywhere yet
			return nil
		}
		err = fmt.Errorf("wait: %w", err)
		if ctx.Err() != nil {
			return err
		}
		v, due := r.weigh(e, e.Job.ID, err, true)
		switch v {
		case jobGone:
			return r.discard(e, "its job is not there any more", err)
		case plainError:
			return err
		}
		e.Log(r.Log.Info()).Err(err).Msg("clari does not tell the state of the job: looking again before that is believed")
		if err := clock.Sleep(ctx, max(time.Until(due), r.PollInterval)); err != nil {
			return err
		}
	}
}

// schedule paces the polls of e. How long jobs run is learned; how long they queue depends on others.
func (r *run) schedule(ctx context.Context, e *Export, queued bool) queue.Schedule {
	if queued {
		return r.pace.Backoff()
	}
	r.pace.Learn(ctx, e.Class, e.Similar)
	return r.pace.Schedule(e.Class)
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

// limit is the bound that a job meets first, and how long that is from now: of its phase, and of its whole life, however often its status changes.
func (r *run) limit(w *waiting) (*TimeoutError, time.Duration) {
	over := &TimeoutError{Key: "run_timeout", Limit: r.RunTimeout}
	if w.queued {
		over = &TimeoutError{Key: "queue_timeout", Limit: r.QueueTimeout}
	}
	left := over.Limit - w.phase.Elapsed()
	if whole := r.QueueTimeout + r.RunTimeout; whole-w.whole.Elapsed() < left {
		return &TimeoutError{Key: "queue_timeout + run_timeout", Limit: whole}, whole - w.whole.Elapsed()
	}
	return over, left
}

// giveUp ends an export that takes too long. A job that this run created is cancelled, which gives the export back to the quota;
// others' are left alone.
func (r *run) giveUp(ctx context.Context, e *Export, over *TimeoutError) error {
	over.Status = e.Job.Status
	if !e.mine {
		return over
	}
	cancelErr := r.Client.CancelJob(ctx, e.Job.ID)
	if errors.Is(cancelErr, clari.ErrNotCancellable) { // it has ended after all
		if clock.Sleep(ctx, r.PollInterval) == nil && r.poll(ctx, e) == nil && e.Job.Status.Phase() == clari.PhaseDone {
			r.over(e)
			return nil
		}
	}
	if cancelErr == nil || errors.Is(cancelErr, clari.ErrNotCancellable) {
		r.over(e)
	}
	if cancelErr != nil {
		e.Log(r.Log.Info()).AnErr("cause", cancelErr).Msg("export job took too long, and could not be cancelled")
		return over
	}
	e.Log(r.Log.Info()).Msg("export job took too long: cancelled")
	return over
}

// reportUnknown tells once of each status word that is not known. The job counts as running.
func (r *run) reportUnknown(e *Export) {
	if _, told := r.unknown.LoadOrStore(e.Job.Status, true); !told {
		e.Log(r.Log.Warn()).Str("status", string(e.Job.Status)).Msg("unknown job status: waiting as if it were running")
	}
}
