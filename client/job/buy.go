package job

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/cq-source-clari/cq-source-clari/client/clari"
	"github.com/cq-source-clari/cq-source-clari/client/job/due"
	"github.com/cq-source-clari/cq-source-clari/client/job/queue"
	"github.com/cq-source-clari/cq-source-clari/client/journal"
)

// buy has Clari make a new job, as soon as the budget, the account's limits and the queue allow.
func (r *run) buy(ctx context.Context, e *Export) error {
	if err := r.doomed(); err != nil {
		return notAsked(err)
	}
	if err := r.prepare(ctx); err != nil {
		return err
	}
	if err := r.budget.Afford(ctx, e, r.slots.Places()); err != nil {
		return notAsked(err)
	}
	var wait queue.Wait
	for {
		_, admitted := e.stage(ctx, stageAdmit)
		err := r.limits.Admit(ctx, &wait)
		if admitted(err); err != nil {
			return notAsked(err)
		}
		if e.spend != "" {
			e.Log(r.Log.Info()).Str("old_job", e.spent).Str("why", e.spend).Msg("exporting again what was paid for")
		}
		inner, created := e.stage(ctx, stageCreate)
		err = r.create(inner, e)
		if created(err); !errors.Is(err, clari.ErrQuotaOrQueue) {
			return err
		}
		if err := r.limits.Rejected(ctx, &wait, err); err != nil {
			return notAsked(err)
		}
	}
}

// notAsked marks an error as one of an export that was never asked for, unless that is because the run is over.
func notAsked(err error) error {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return &LeftOutError{Err: err}
}

// doomed is why no creation is worth sending any more; nil while one is.
func (r *run) doomed() error {
	if r.Client.KeyRefused() {
		return fmt.Errorf("the key is refused: %w", clari.ErrUnauthorized)
	}
	return r.denied
}

// mayCreate takes in the answer to a creation. One 401 fails one export only: a gateway that reloads its keys looks like that. Two creations that are refused
// so, a minute apart and with no other answer to one between them, lack a right.
func (r *run) mayCreate(err error) {
	const creating = "" // no job has that id
	if !errors.Is(err, clari.ErrUnauthorized) {
		r.doubts.answered(creating)
	} else if twice, _ := r.doubts.isTwice(creating); twice {
		r.denied = err
	}
}

// prepare sends, before the first creation of a run, what tells whether the destination takes rows at all.
func (r *run) prepare(ctx context.Context) error {
	if r.prepared || r.Opening == nil {
		return nil
	}
	r.prepared = true
	sent, err := r.Opening(ctx)
	if err != nil || !sent {
		return err
	}
	if err := r.Barrier(ctx); err != nil {
		return err
	}
	r.budget.Passed()
	return nil
}

// create sends one creation. The ledger says so before the request goes out, and has the job's id soon after the answer: whatever happens in between, the
// next sync finds the job. Only its own answer clears it.
func (r *run) create(ctx context.Context, e *Export) error {
	var sent time.Time
	id, err := e.Create(ctx, func(ctx context.Context) {
		e.RequestedAt = time.Now()
		before := sent
		sent = r.Client.ServerTime(e.RequestedAt).Round(0).UTC()
		e.asked = sent
		r.accounts.note(e, func(p *journal.Paid) {
			p.Answered(before) // it was held back, and is noted anew
			r.setAside(e, p)
			p.Sending(journal.Creation{Own: true, Sent: sent, GivenUp: sent.Add(journal.FlushPatience + clari.CreateTimeout)})
		})
		r.Ledger.Flushed(ctx)
	})
	r.mayCreate(err)
	r.limits.Answered(err == nil)
	lost, unclear := errors.AsType[*clari.UnknownOutcomeError](err)
	switch {
	case err == nil:
		r.started(e, clari.Job{ID: id}, sent)
		return nil
	case !unclear:
		r.accounts.note(e, func(p *journal.Paid) { p.Answered(sent) })
		return err
	case ctx.Err() != nil:
		return ctx.Err() // the next sync looks for the job
	}
	e.Attempts++
	e.paid.search(false)
	r.accounts.note(e, func(p *journal.Paid) {
		p.ChangeUnclear(func(c *journal.Creation) {
			if c.Sent.Equal(sent) {
				c.GivenUp = r.Client.ServerTime(lost.EndedAt).Round(0).UTC()
			}
		})
	})
	return &again{spend: "unclear whether a job was created", err: err}
}

// setAside keeps the job of an earlier sync whose result is to land beside the one that is about to be made.
func (r *run) setAside(e *Export, p *journal.Paid) {
	for _, d := range e.Decision.Also {
		if p.Job != nil && d.Action == due.Adopt && d.JobID == p.Job.ID {
			p.SetAside()
		}
	}
}

// started takes over the job that a creation returned. It is paid: the ledger gets its id even if the sync was stopped just now.
func (r *run) started(e *Export, j clari.Job, sent time.Time) {
	e.Attempts++
	e.Created++
	e.Job, e.mine = j, true
	r.spent.Add(1)
	r.Summary.twice(e.spend)
	r.accounts.know(j.ID, true)
	r.slots.Begin(e)
	r.accounts.note(e, func(p *journal.Paid) {
		p.Unclear = nil // this one was answered, and the others were looked for to the end
		p.Job, p.Trouble = &journal.PaidJob{ID: j.ID, AskedAt: sent}, 0
	})
	r.tell(e, r.Log.Info()).Int("attempt", e.Attempts).Msg("export started")
}

// attempts is how many jobs are tried for an export in this sync.
func (r *run) attempts(e *Export) int {
	if e.order.usedUp {
		return 1
	}
	return max(1, r.ExportAttempts)
}

// over notes that a job has ended, or is waited for no more.
func (r *run) over(e *Export) {
	e.mine = false
	r.slots.End(e)
}

// cancelTimeout is how long a run that has failed takes to cancel its jobs: the process may be about to end.
const cancelTimeout = 2 * time.Second

// cancelOwn cancels the jobs that creations of this run returned and nobody will adopt, which gives the exports back to the quota.
func (r *run) cancelOwn(ctx context.Context) {
	if r.Backend {
		return // the next sync adopts them
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cancelTimeout)
	defer cancel()
	var calls sync.WaitGroup
	for _, e := range r.opened {
		if !e.mine {
			continue
		}
		calls.Go(func() {
			err := r.Client.CancelJob(ctx, e.Job.ID)
			r.Log.Info().Str("job_id", e.Job.ID).AnErr("cause", err).Msg("export job cancelled: nobody waits for it any more")
		})
	}
	calls.Wait()
}
