package job

import (
	"context"
	"encoding/hex"
	"fmt"
	"slices"
	"time"

	"github.com/cq-source-clari/cq-source-clari/client/clari"
	"github.com/cq-source-clari/cq-source-clari/client/clock"
	"github.com/cq-source-clari/cq-source-clari/client/job/due"
	"github.com/cq-source-clari/cq-source-clari/client/journal"
)

const (
	// The job of an unclear creation is looked for so long, so often: Clari may still be working on it.
	findFor   = 30 * time.Second
	findEvery = 15 * time.Second
	// surelyListed is how long after a creation its job is in the list, if there is one.
	surelyListed = 2 * time.Minute
)

// find looks for the job of a creation whose end is not known. It takes one only if exactly one can be meant: landing somebody else's export would be the
// wrong rows, creating again costs one export. Where there is none, nor could there be one any more, the item is decided without it. Until then it goes to
// the end of its part.
func (r *run) find(ctx context.Context, e *Export) (found bool, err error) {
	r.budget.Hold(e)
	began := time.Now()
	unclear := e.paid.read().Unclear
	var newest time.Time // when the newest was given up
	for _, c := range unclear {
		newest = later(newest, c.GivenUp)
	}
	if r.now().Sub(newest) < findFor {
		if err := clock.Sleep(ctx, r.PollInterval); err != nil {
			return false, err
		}
	}
	for {
		jobs, err := r.Client.Jobs(ctx)
		if err != nil {
			return false, r.noList(ctx, e, err)
		}
		j, made, several := r.candidate(e, unclear, jobs)
		switch over := time.Since(began) >= findFor; {
		case j.ID != "":
			r.found(e, j, made)
			return true, nil
		case several || over && r.now().Sub(newest) >= surelyListed:
			e.paid.search(true)
			if e.Attempts >= r.attempts(e) && e.cause != nil {
				err, e.cause = e.cause, nil
				return false, err
			}
			e.Log(r.Log.Warn()).Msg("unclear whether a job was created, and no listed job is certainly it: creating another")
			e.spend = "unclear whether a job was created"
			r.budget.Drop(e)
			return false, nil
		case over:
			r.budget.Failed(e, e.Tab, r.plan.tabCount())
			return false, &again{due: r.Client.LocalTime(newest.Add(surelyListed)), last: true, spend: "unclear whether a job was created", err: errNotListed}
		}
		if err := clock.Sleep(ctx, findEvery); err != nil {
			return false, err
		}
	}
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// noList ends an export whose job cannot be looked for since the list cannot be had. That is so once: the next time it is created anew.
func (r *run) noList(ctx context.Context, e *Export, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if slices.ContainsFunc(e.paid.read().Unclear, func(c journal.Creation) bool { return c.NoList }) {
		e.Log(r.Log.Warn()).Err(err).Msg("unclear whether a job was created, and the job list cannot be had again: creating another")
		e.spend = "unclear whether a job was created"
		e.paid.search(true)
		r.budget.Drop(e)
		return nil
	}
	r.accounts.note(e, func(p *journal.Paid) { p.ChangeUnclear(func(c *journal.Creation) { c.NoList = true }) })
	return fmt.Errorf("create: looking for the job of a creation whose answer was lost: %w", err)
}

// candidate is the one listed job that a creation of e may have made, and that creation. several tells that there is more than one, or that it may be
// another's as well.
func (r *run) candidate(e *Export, unclear []journal.Creation, jobs []clari.Job) (found clari.Job, made journal.Creation, several bool) {
	for _, c := range slices.Backward(unclear) {
		mine := slices.DeleteFunc(slices.Clone(jobs), func(j clari.Job) bool {
			return !within(c, j, r.now()) || r.accounts.isKnown(j.ID) || !e.Matches(j)
		})
		if len(mine) == 1 && !r.accounts.hasRival(e, mine[0], r.now()) {
			return mine[0], c, false
		}
		several = several || len(mine) > 0
	}
	return clari.Job{}, journal.Creation{}, several
}

// A job of an unclear creation may have been made so long before its request was sent, as a Date header has whole seconds, and so long after it was given
// up: a gateway gives up while Clari still works.
const (
	madeBefore = 3 * time.Second
	madeAfter  = 30 * time.Second
)

// within reports whether a job was made in the window of a creation.
func within(c journal.Creation, j clari.Job, now time.Time) bool {
	at := madeAt(j, now)
	return !at.IsZero() && !at.Before(c.Sent.Add(-madeBefore)) && !at.After(c.GivenUp.Add(madeAfter))
}

// madeAt is when a job was made: its id begins with that second where it is one of Clari's ids, else it is the time at which it started, which may be when
// it left the queue. Zero: not known. Other ids look like Clari's by chance: then their second is hardly one of the day before the job's start, nor of the
// days in which the list has a job.
func madeAt(j clari.Job, now time.Time) time.Time {
	latest, days := now, 40
	if !j.StartTime.IsZero() {
		latest, days = j.StartTime, 1
	}
	b, err := hex.DecodeString(j.ID[:min(len(j.ID), 8)])
	if err != nil || len(b) != 4 || len(j.ID) != 24 {
		return j.StartTime
	}
	at := time.Unix(int64(b[0])<<24|int64(b[1])<<16|int64(b[2])<<8|int64(b[3]), 0).UTC()
	if at.After(latest.Add(madeBefore)) || at.Before(latest.AddDate(0, 0, -days)) {
		return j.StartTime
	}
	return at
}

// found takes over a listed job. Whatever becomes of its result, it is not to be looked for again.
func (r *run) found(e *Export, j clari.Job, c journal.Creation) {
	e.Decision = due.Decision{Action: due.Adopt, JobID: j.ID, Row: "1", Why: "the job of a creation whose answer was lost"}
	r.accounts.know(j.ID, c.Own)
	r.accounts.note(e, func(p *journal.Paid) {
		p.Answered(c.Sent)
		p.Job = &journal.PaidJob{ID: j.ID, AskedAt: c.Sent, Listed: true}
	})
	r.takeOver(e, j)
	if c.Own {
		e.Created++
		r.spent.Add(1)
	}
	r.tell(e, r.Log.Info()).Msg("found the job of an unclear creation")
}
