package export

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/cq-source-clari/cq-source-clari/client/clari"
)

// freshFor is how long after its end a result that has not landed is still what a new export would give.
const freshFor = 6 * time.Hour

// begin sees to it that e has a job: one of an earlier sync where the journal knows one worth having, else a new one. Nothing is
// to do for a settled quarter.
func (r *run) begin(ctx context.Context, e *Export) error {
	if r.settled(e) {
		if r.complete(e.entry) {
			e.Outcome = Settled
			return nil
		}
		// A table was selected later, or has changed: the old result has its rows, for as long as it lives.
		if ok, err := r.adopt(ctx, e, e.entry.DoneJobID, always); ok || err != nil {
			return err
		}
	}
	ok, err := r.recover(ctx, e)
	if ok || err != nil {
		return err
	}
	return r.create(ctx, e)
}

// settled tells whether two syncs have exported the quarter later than its end and settle_days.
func (r *run) settled(e *Export) bool {
	if r.Store == nil || e.Period == "" || e.refresh {
		return false
	}
	late := 0
	for _, at := range e.entry.Settled {
		if r.final(r.endOf(e), at) {
			late++
		}
	}
	return late >= 2
}

// endOf is the last day of the quarter of e: as its own exports said, else as far as the calendar is known.
func (r *run) endOf(e *Export) time.Time {
	if e.entry.End.IsZero() && e.Period != "" {
		return r.cal.end(e.Period, r.Spec.FiscalYearStartMonth)
	}
	return e.entry.End
}

// final tells whether an export at this time is late enough for the quarter's numbers not to change any more.
func (r *run) final(end, at time.Time) bool {
	return !end.IsZero() && r.after(at, end.AddDate(0, 0, r.Spec.SettleDays))
}

// complete tells whether what landed last holds all tables that are wanted now, in their present form.
func (r *run) complete(known entry) bool {
	for _, table := range r.Tables {
		if !slices.Contains(known.Tables, table) {
			return false
		}
	}
	return known.Schema == Schema
}

// recover adopts what an earlier sync asked for and did not land.
func (r *run) recover(ctx context.Context, e *Export) (bool, error) {
	switch e.entry.State {
	case running:
		if e.entry.JobID == "" {
			return false, nil
		}
		return r.adopt(ctx, e, e.entry.JobID, r.worthHaving)
	case creating:
		// The window ends where the client would have given up the request.
		job, found, err := r.reconcile(ctx, e, r.Client.LocalTime(e.entry.At), r.Client.LocalTime(e.entry.At.Add(clari.CreateTimeout)))
		if err != nil {
			return false, fmt.Errorf("adopt: looking for the job of an interrupted sync: %w", err)
		}
		if !found {
			e.log(r.Log.Warn()).Msg("an interrupted sync may have created a job, but none can be told for sure: creating another")
			return false, nil
		}
		e.entry.JobID = job.ID
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
	expired := !job.ExpiredTime.IsZero() && job.ExpiredTime.Before(r.Client.ServerTime(time.Now()))
	if job.Status.Phase() == clari.PhaseFailed || expired || !worth(ctx, e, job) {
		return false, nil
	}
	e.Job, e.adopted, e.RequestedAt = job, true, r.Client.LocalTime(e.entry.At)
	r.books.adopted(e, id)
	e.log(r.Log.Info()).Str("status", string(job.Status)).Msg("adopting the export of an earlier sync")
	return true, nil
}

func always(context.Context, *Export, clari.Job) bool { return true }

// worthHaving tells whether a job whose rows never landed still serves: a new one would give newer numbers, at the cost of an
// export. A result that is final serves for as long as it lives.
func (r *run) worthHaving(ctx context.Context, e *Export, job clari.Job) bool {
	now := r.Client.ServerTime(time.Now())
	age := now.Sub(e.entry.At)
	// Whether another quarter is current now than when the job was asked for. The end that is known may be that of one before.
	over := e.Period == "" && r.after(now, e.entry.End) && !r.after(e.entry.At, e.entry.End)
	switch job.Status.Phase() {
	case clari.PhaseDone:
		ended := job.EndTime
		if ended.IsZero() {
			ended = e.entry.At
		}
		if !over && (now.Sub(ended) < freshFor || e.Period != "" && r.final(r.endOf(e), ended)) {
			return true
		}
		if r.Spec.History { // its day is lost otherwise
			r.landPrior(ctx, e, job)
		}
		return false
	case clari.PhaseQueued:
		return !over && age <= time.Duration(r.Spec.QueueTimeout)
	default:
		if !job.StartTime.IsZero() {
			age = now.Sub(job.StartTime)
		}
		return !over && age <= time.Duration(r.Spec.RunTimeout)
	}
}

// after tells whether an instant is later than a day, if that is known.
func (r *run) after(at, last time.Time) bool {
	return !last.IsZero() && day(at, r.Spec.Location()).After(last)
}

// landPrior lands an old result before the new export of the same request, and never pays for it again.
func (r *run) landPrior(ctx context.Context, e *Export, job clari.Job) {
	prior := &Export{
		Request: e.Request, Job: job, RequestedAt: r.Client.LocalTime(e.entry.At),
		entry: e.entry, adopted: true, reexported: true, began: time.Now(), ended: make(chan struct{}),
	}
	r.planned = append(r.planned, prior)
	r.jobs.Go(func() { r.handOver(ctx, prior) }) // not waited for: the lander may be waiting for the slot of e
}

// gone tells whether a job is not there any more, or was never this user's.
func gone(err error) bool {
	return errors.Is(err, clari.ErrForbidden) || errors.Is(err, clari.ErrNotFound) || errors.Is(err, clari.ErrInvalidJob)
}
