package export

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/cq-source-clari/cq-source-clari/client/clari"
)

// create asks Clari for a new job. The journal says so before the request goes out, and has the job's id before the first poll:
// whatever happens in between, the next sync finds the job.
func (r *run) create(ctx context.Context, e *Export) error {
	var queue queueWait
	unclear := 0
	for {
		if err := r.admission.enter(ctx, &queue); err != nil {
			return err
		}
		id, err := r.request(ctx, e)
		if errors.Is(err, clari.ErrQuotaOrQueue) {
			r.refused(ctx, e)
			err = r.admission.refused(ctx, &queue, err)
			r.admission.leave()
			if err != nil {
				return err
			}
			continue
		}
		r.admission.leave()
		lost, isUnclear := errors.AsType[*clari.UnclearError](err)
		switch {
		case err == nil:
			r.own(ctx, e, id)
			return nil
		case !isUnclear:
			r.refused(ctx, e)
			return err
		case ctx.Err() != nil:
			return ctx.Err() // the journal says "creating": the next sync looks for the job
		}
		job, found, listErr := r.reconcile(ctx, e, lost.RequestedAt, lost.EndedAt)
		if listErr != nil {
			return fmt.Errorf("%w; then looking for the job: %w", err, listErr)
		}
		if found {
			r.own(ctx, e, job.ID)
			return nil
		}
		if unclear++; unclear >= r.Spec.ExportAttempts {
			return err // the journal says "creating"
		}
		e.log(r.Log.Warn()).Err(err).Msg("unclear whether a job was created and none can be told for sure: creating again")
	}
}

// request sends one creation, with "creating" in the journal first.
func (r *run) request(ctx context.Context, e *Export) (jobID string, err error) {
	e.RequestedAt = time.Now()
	e.Job, e.adopted = clari.Job{}, false
	e.entry.At, e.entry.JobID, e.entry.ExportedAt = r.Client.ServerTime(e.RequestedAt), "", time.Time{}
	r.note(ctx, e, creating)
	r.journal.flush(ctx)
	r.books.lose(e) // until there is an answer
	jobID, err = r.Client.CreateForecastExport(ctx, e.ForecastID, e.body(), nil)
	e.answeredAt = time.Now()
	r.admission.last = e.answeredAt
	return jobID, err
}

// refused notes that no job was created: another one of the same tab and quarter, in the list of jobs, is then somebody else's.
func (r *run) refused(ctx context.Context, e *Export) {
	r.books.refused(e)
	r.note(ctx, e, failed)
	r.journal.flush(ctx)
}

// own takes a job that this run created into the books. It is paid: the journal has its id even if the sync was stopped just now.
func (r *run) own(ctx context.Context, e *Export, id string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), noteTimeout)
	defer cancel()
	e.Attempts++
	e.Job = clari.Job{ID: id}
	r.books.created(e, id)
	e.entry.JobID = id
	r.note(ctx, e, running)
	r.journal.flush(ctx)
	e.log(r.Log.Info()).Int("attempt", e.Attempts).Msg("export started")
}

// note writes where an export stands into the journal.
func (r *run) note(ctx context.Context, e *Export, s state) {
	e.entry.State = s
	if e.key != "" {
		r.journal.save(ctx, e.key, e.entry)
	}
}

// abandon cancels what this run created and nobody will adopt, which gives the exports back to the quota. It has little time: the
// process may be about to end.
func (r *run) abandon(ctx context.Context) {
	if r.Store != nil {
		return // the next sync adopts them
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), abandonTimeout)
	defer cancel()
	var calls sync.WaitGroup
	for _, id := range slices.Concat(r.books.unfinished(), r.interrupted(ctx)) {
		calls.Go(func() {
			err := r.Client.CancelJob(ctx, id)
			r.Log.Info().Str("job_id", id).AnErr("cause", err).Msg("export job cancelled: nobody waits for it any more")
		})
	}
	calls.Wait()
}

const (
	abandonTimeout = 2 * time.Second
	noteTimeout    = time.Second // of the one write to the journal that a stopped sync still makes
)

// interrupted are the jobs of creations that the end of the sync has cut short, where they can be told.
func (r *run) interrupted(ctx context.Context) (ids []string) {
	lost := slices.DeleteFunc(slices.Clone(r.planned), func(e *Export) bool { return !r.books.lost(e) })
	if len(lost) == 0 {
		return nil
	}
	jobs, err := r.Client.Jobs(ctx)
	if err != nil {
		return nil
	}
	for _, e := range lost {
		if e.answeredAt.Before(e.RequestedAt) { // there was no answer at all
			e.answeredAt = time.Now()
		}
		from, to := r.Client.ServerTime(e.RequestedAt).Add(-windowSlack), r.Client.ServerTime(e.answeredAt).Add(windowSlack)
		if found := r.candidates(e, jobs, from, to); len(found) == 1 && found[0].Status.Phase() < clari.PhaseDone {
			ids = append(ids, found[0].ID)
		}
	}
	return ids
}
