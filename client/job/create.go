package job

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/cq-source-clari/cq-source-clari/client/clari"
)

// create asks Clari for a new job. The journal says so before the request goes out, and has the job's id soon after the answer:
// whatever happens in between, the next sync finds the job.
func (r *run) create(ctx context.Context, e *Export) error {
	r.inFlight.release(e) // whatever it waited for before
	var queue queueWait
	unclear := 0
	for {
		_, admitted := e.stage(ctx, stageAdmit)
		err := r.admission.acquire(ctx, &queue)
		admitted(err)
		if err != nil {
			return err
		}
		inner, created := e.stage(ctx, stageCreate)
		id, err := r.request(inner, e)
		created(err)
		if errors.Is(err, clari.ErrQuotaOrQueue) {
			r.turnedDown(e)
			_, admitted := e.stage(ctx, stageAdmit)
			err = r.admission.refused(ctx, &queue, err)
			admitted(err)
			r.admission.release()
			if err != nil {
				return err
			}
			continue
		}
		r.admission.release()
		lost, isUnclear := errors.AsType[*clari.UnknownOutcomeError](err)
		switch {
		case err == nil:
			r.started(e, clari.Job{ID: id}, true)
			return nil
		case !isUnclear:
			r.turnedDown(e)
			if errors.Is(err, clari.ErrUnauthorized) {
				r.keyRefused.Store(&err)
			}
			return err
		case ctx.Err() != nil:
			return ctx.Err() // the journal says "creating": the next sync looks for the job
		}
		job, found, listErr := r.reconcile(ctx, e, r.Client.ServerTime(lost.RequestedAt), r.Client.ServerTime(lost.EndedAt))
		if listErr != nil {
			return fmt.Errorf("%w; then looking for the job: %w", err, listErr)
		}
		if found {
			r.started(e, job, false)
			return nil
		}
		if unclear++; unclear >= r.ExportAttempts {
			return err // the journal says "creating"
		}
		e.Log(r.Log.Warn()).Err(err).Msg("unclear whether a job was created and none can be told for sure: creating again")
	}
}

// refusedKey is the answer to the creation that was told that the key is not accepted: no other one would be, so none is sent.
func (r *run) refusedKey() error {
	if err := r.keyRefused.Load(); err != nil {
		return *err
	}
	return nil
}

// request sends one creation. The journal says "creating" with the time at which it really goes out, which a 429 may put off for long.
func (r *run) request(ctx context.Context, e *Export) (jobID string, err error) {
	e.Job, e.Adopted, e.Found = clari.Job{}, false, false
	defer func() {
		r.admission.last = time.Now()
		if left := r.admission.left; err == nil && left != nil {
			r.admission.know(ctx, new(*left-1))
		}
	}()
	return e.Create(ctx, func(ctx context.Context) {
		e.RequestedAt = time.Now()
		e.entry = entry{At: r.Client.ServerTime(e.RequestedAt), PriorJobID: e.entry.PriorJobID, DoneJobID: e.entry.DoneJobID, Unusable: e.entry.Unusable}
		r.note(e, creating)
		r.inFlight.markUnclear(e) // until there is an answer
		r.journal.Flushed(ctx)
	})
}

// turnedDown notes that no job was created: another one of the same subject, in the list of jobs, is then somebody else's.
func (r *run) turnedDown(e *Export) {
	r.inFlight.markClear(e)
	r.note(e, failed)
}

// started takes over a job that was made for e: by its id, which a creation returned, or by one that was found. It is paid: the journal
// gets its id even if the sync was stopped just now.
func (r *run) started(e *Export, j clari.Job, own bool) {
	e.Attempts++
	r.spent.Add(1)
	e.Job, e.Found = j, !own
	e.entry.JobID, e.entry.Found = j.ID, !own
	r.inFlight.start(e, own)
	r.note(e, running)
	r.tell(e, r.Log.Info()).Int("attempt", e.Attempts).Msg("export started")
}

// cancelTimeout is how long a run that has failed takes to cancel its jobs: the process may be about to end.
const cancelTimeout = 2 * time.Second

// cancelOwn cancels the jobs that creations of this run returned and nobody will adopt, which gives the exports back to the quota.
func (r *run) cancelOwn(ctx context.Context) {
	if r.Store != nil {
		return // the next sync adopts them
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cancelTimeout)
	defer cancel()
	var calls sync.WaitGroup
	for _, id := range r.inFlight.unfinished() {
		calls.Go(func() {
			err := r.Client.CancelJob(ctx, id)
			r.Log.Info().Str("job_id", id).AnErr("cause", err).Msg("export job cancelled: nobody waits for it any more")
		})
	}
	calls.Wait()
}
