package job

import (
	"errors"
	"time"

	"github.com/cq-source-clari/cq-source-clari/client/job/due"
	"github.com/cq-source-clari/cq-source-clari/client/journal"
)

// unusable gives up a stored result that was to land again and does not pass any more: the item is another one of the plan, which goes by that. One that
// was damaged, perhaps on its way, is given up the second time.
func (r *run) unusable(e *Export, err error) error {
	content, ok := errors.AsType[*ContentError](err)
	if !ok || e.Decision.Action != due.LandAgain {
		return err
	}
	failed := e.paid.read().Failure
	if content.Damaged && (failed == nil || failed.Job != e.Job.ID) {
		return err
	}
	r.accounts.note(e, func(p *journal.Paid) { p.Failure = r.failure(e, err) })
	if e.extra {
		return err
	}
	return &again{spend: "its stored result does not pass any more", err: err}
}

// keepFailure keeps what a later sync has to know of a result that failed for what is in it.
func (r *run) keepFailure(e *Export, err error) {
	content, ok := errors.AsType[*ContentError](err)
	if !ok || e.Decision.Action.IsNothing() || e.Job.ID == "" {
		return
	}
	if e.extra { // it was an old result, and is told of once
		r.accounts.note(e, func(p *journal.Paid) { p.Forget(e.Job.ID) })
		return
	}
	f := r.failure(e, err)
	r.accounts.note(e, func(p *journal.Paid) {
		before := p.Failure
		same := before != nil && before.Job == f.Job
		if before != nil {
			if f.Tries = before.Tries; !same {
				f.Tries++
			}
		}
		switch {
		case same && before.NextTry.IsZero(): // see unusable
			return
		case content.Passing:
			p.Forget(f.Job)
			return
		}
		f.NextTry = r.nextTry(e, f.Tries)
		p.Failure = f
		if content.Damaged && !same { // perhaps on its way: the next sync reads it once more
			return
		}
		p.Forget(f.Job)
		e.NextTry = f.NextTry
	})
}

func (r *run) failure(e *Export, err error) *journal.Failure {
	return &journal.Failure{Job: e.Job.ID, AskedAt: e.asked, Cause: journal.Cause(err.Error()), Reader: r.Reader, Tries: 1}
}

// nextTry is the day on which a result is exported again that has failed so many times.
func (r *run) nextTry(e *Export, tries int) time.Time {
	days := min(7, 1<<min(tries-1, 3))
	if e.Ongoing {
		days = 1
	}
	return r.Day(r.now()).AddDate(0, 0, days)
}
