package job

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/cq-source-clari/cq-source-clari/client/clari"
	"github.com/cq-source-clari/cq-source-clari/client/journal"
)

// begin sees to it that e has a job: one of an earlier sync where the journal knows one worth having, else a new one. Nothing is
// to do for what is settled.
func (r *run) begin(ctx context.Context, e *Export) error {
	standing := e.Standing()
	if standing != Due && e.entry.State == running { // a refresh that was interrupted: its job is newer than what landed
		if ok, err := r.takeUp(ctx, e); ok || err != nil {
			return err
		}
	}
	switch standing {
	case Settled:
		e.Outcome = OutcomeSettled
		return nil
	case Lacking: // the old result has what is missing, for as long as it lives; a new one would not have those who left
		if e.entry.DoneJobID != e.entry.Unusable {
			adopted, err := r.adopt(ctx, e, e.entry.DoneJobID, always)
			if e.relanding = adopted; adopted || err != nil {
				return err
			}
		}
		r.leaveLacking(e)
		return nil
	}
	if err := r.refusedKey(); err != nil {
		return err
	}
	if e.entry.PriorJobID != "" { // the sync that renewed it did not get to its end
		job, err := r.Client.Job(ctx, e.entry.PriorJobID)
		switch {
		case gone(err) || err == nil && (job.Status.Phase() != clari.PhaseDone || r.expired(job)):
			e.entry.PriorJobID = ""
		case err == nil:
			r.landPrior(ctx, e, job)
		}
	}
	ok, err := r.takeUp(ctx, e)
	if ok || err != nil {
		return err
	}
	return r.create(ctx, e)
}

// leaveLacking ends a settled export whose old result is gone or of no use. Only the user may export it again: see Lacking.
func (r *run) leaveLacking(e *Export) {
	e.Outcome, e.Err = OutcomeSettled, nil
	e.entry.Unusable = e.entry.DoneJobID
	r.save(e)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.lacking = append(r.lacking, e)
}

// takeUp adopts what an earlier sync asked for and did not land.
func (r *run) takeUp(ctx context.Context, e *Export) (bool, error) {
	switch e.entry.State {
	case running:
		if e.entry.JobID == "" {
			return false, nil
		}
		if limit := e.entry.TooLarge; limit > 0 && limit >= r.MaxResultBytes && !e.Refresh() {
			// It fails again without a download, unless the job is about something else by now.
			if j, err := r.Client.Job(ctx, e.entry.JobID); err == nil && e.Use(e, j, true) == Drop {
				return false, nil
			}
			e.Job, e.Adopted = clari.Job{ID: e.entry.JobID}, true
			return false, &TooLargeError{Limit: limit}
		}
		return r.adopt(ctx, e, e.entry.JobID, r.worthHaving)
	case creating:
		// The window ends where the client would have given up the request, which the journal may have held back a little.
		job, found, err := r.reconcile(ctx, e, e.entry.At, e.entry.At.Add(journal.FlushPatience+clari.CreateTimeout))
		if err != nil {
			return false, fmt.Errorf("adopt: looking for the job of an interrupted sync: %w", err)
		}
		if !found {
			e.Log(r.Log.Warn()).Msg("an interrupted sync may have created a job, but none can be told for sure: creating another")
			return false, nil
		}
		e.entry.JobID, e.entry.Found = job.ID, true
		r.note(e, running) // whatever becomes of its result, it is not to be looked for again
		return r.adopt(ctx, e, job.ID, r.worthHaving)
	}
	return false, nil
}

// adopt takes over the job of an earlier sync if it exists, has not failed, and is worth having.
func (r *run) adopt(ctx context.Context, e *Export, id string, worth func(context.Context, *Export, clari.Job) bool) (bool, error) {
	job, err := r.Client.Job(ctx, id)
	if gone(err) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("adopt: job %s: %w", id, err)
	}
	if job.Status.Phase() == clari.PhaseFailed || r.expired(job) || !worth(ctx, e, job) {
		return false, nil
	}
	if id != e.entry.JobID { // an older one, of which the entry has no times any more
		e.entry.At, e.entry.ExportedAt = job.StartTime, time.Time{}
	}
	e.Job, e.Adopted, e.Found, e.RequestedAt = job, true, e.entry.Found && id == e.entry.JobID, r.Client.LocalTime(e.entry.At)
	r.inFlight.start(e, false)
	r.tell(e, r.Log.Info()).Str("status", string(job.Status)).Msg("adopting the export of an earlier sync")
	return true, nil
}

func always(context.Context, *Export, clari.Job) bool { return true }

// worthHaving tells whether a job whose rows never landed still serves: a new one would give newer numbers, at the cost of an export.
func (r *run) worthHaving(ctx context.Context, e *Export, job clari.Job) bool {
	use := e.Use(e, job, e.entry.Unread || e.entry.TooLarge > 0)
	if use == Renew && e.entry.Found { // it may be another's, and there is no telling yet
		use = Drop
	}
	since := e.entry.At
	limit := r.RunTimeout
	switch job.Status.Phase() {
	case clari.PhaseDone:
		if use == Renew {
			e.entry.PriorJobID = job.ID
			r.landPrior(ctx, e, job)
		}
		return use == Land
	case clari.PhaseQueued:
		limit = r.QueueTimeout
	default:
		if !job.StartTime.IsZero() {
			since = job.StartTime
		}
	}
	return use != Drop && r.Client.ServerTime(time.Now()).Sub(since) <= limit
}

// landPrior lands an old result before the new export of the same subject, and never pays for it again.
func (r *run) landPrior(ctx context.Context, e *Export, job clari.Job) {
	prior := NewExport(e.Kind, e.Copy(), r.Client.LocalTime(e.entry.At), nil)
	prior.Number, prior.Job = e.Number, job
	prior.entry.At = e.entry.At // the least that is known of an older one
	if job.ID == e.entry.JobID {
		prior.entry = e.entry
	}
	prior.Adopted, prior.prior, prior.renewed, prior.reexported = true, true, e, true
	r.plan(prior)
	r.open(ctx, prior)
	r.exports.Go(func() { r.land(ctx, prior) })
}

// gone tells whether a job is not there any more, or was never this user's.
func gone(err error) bool {
	return errors.Is(err, clari.ErrForbidden) || errors.Is(err, clari.ErrNotFound) || errors.Is(err, clari.ErrInvalidJob)
}

func (r *run) expired(job clari.Job) bool {
	return !job.ExpiredTime.IsZero() && !job.ExpiredTime.After(r.Client.ServerTime(time.Now()))
}
