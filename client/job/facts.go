package job

import (
	"cmp"
	"context"
	"time"

	"github.com/cq-source-clari/cq-source-clari/client/clari"
	"github.com/cq-source-clari/cq-source-clari/client/job/due"
)

// decide finds out what is to be done for an export: from the ledgers, and from Clari as far as they name jobs. See due.Decide.
func (r *run) decide(ctx context.Context, e *Export) error {
	switch {
	case e.Item.Err != nil:
		return notAsked(e.Item.Err)
	case e.paid.unknown != nil:
		return e.paid.unknown
	case r.silent != nil:
		return notAsked(r.silent)
	}
	if e.extra { // it was decided with the item's own export
		return nil
	}
	place := cmp.Or(e.Place, e.paid.read().Place)
	if e.landing != "" {
		place = e.Place // the other one is what is over
	}
	if err := r.accounts.place(ctx, e, place); err != nil {
		return err
	}
	if e.Place != "" && r.isTaken(snapshotAt(e, r.DayNumber(r.now()))) {
		e.Outcome, e.Decision.Why = OutcomeKept, landedThere
		return nil
	}
	jobs := map[string]due.Seen{}
	for {
		d := due.Decide(r.facts(e, jobs))
		switch seen, isSeen := jobs[d.JobID]; {
		case d.Action == due.LookFor:
			if found, err := r.find(ctx, e); found || err != nil {
				return err
			}
		case d.JobID != "" && !d.Action.IsNothing() && !isSeen:
			var err error
			if jobs[d.JobID], err = r.ask(ctx, e, d.JobID); err != nil {
				return err
			}
		default:
			e.Decision = d
			r.follow(e, seen.Job, jobs)
			return nil
		}
	}
}

func (r *run) facts(e *Export, jobs map[string]due.Seen) due.Facts {
	paid := e.paid.undecided()
	if e.landing != "" {
		paid.Forget(e.landing)
	}
	return due.Facts{
		Item: e.Item.Item, Paid: paid, There: e.There, Jobs: jobs, Serves: e.Serves, Lacking: !e.Covers(), Now: r.now(), Policy: r.Policy,
	}
}

// follow takes over what was decided: an outcome, or a job; and puts further landings into the plan.
func (r *run) follow(e *Export, j clari.Job, jobs map[string]due.Seen) {
	d, paid := e.Decision, e.paid.read()
	for _, more := range d.Also {
		r.addExtra(e, more, jobs[more.JobID].Job)
	}
	switch {
	case d.Action == due.Settled:
		e.Outcome = OutcomeSettled
	case d.Action == due.Kept:
		e.Outcome = OutcomeKept
	case d.Action == due.Failed && d.TooLarge > 0:
		e.Outcome, e.Err = OutcomeFailed, &TooLargeError{Limit: d.TooLarge}
	case d.Action == due.Failed:
		e.Outcome, e.Err, e.NextTry = OutcomeFailed, &RememberedError{*paid.Failure}, paid.Failure.NextTry
	case d.Action == due.Buy && paid.Job != nil:
		e.spend, e.spent = cmp.Or(e.spend, d.Why), paid.Job.ID
	case d.Action != due.Buy:
		r.adopt(e, j)
	}
}

// takeOver makes a job of the ledgers that of an export.
func (r *run) takeOver(e *Export, j clari.Job) {
	paid := e.paid.read()
	e.Job, e.Listed, e.asked = j, paid.Find(j.ID).Listed, e.askedFor(j.ID)
	if !e.asked.IsZero() {
		e.RequestedAt = r.Client.LocalTime(e.asked)
	}
	if phase := j.Status.Phase(); phase != clari.PhaseDone && phase != clari.PhaseFailed {
		r.slots.Begin(e)
	}
}

// adopt takes over a job of an earlier sync, or of an earlier try of this one.
func (r *run) adopt(e *Export, j clari.Job) {
	r.takeOver(e, j)
	if e.Decision.Action == due.Adopt {
		r.budget.Hold(e)
	}
	r.tell(e, r.Log.Info()).Str("status", string(j.Status)).Str("why", e.Decision.Why).Msg("landing the job of an earlier sync")
}

// addExtra puts a further landing of an item into the plan, once a run.
func (r *run) addExtra(e *Export, d due.Decision, j clari.Job) {
	if r.extras[d.JobID] {
		return
	}
	r.extras[d.JobID] = true
	x := &Export{
		Item: e.Item, Kind: e.Kind, There: e.There, Decision: d, planned: e.planned, paid: e.paid, order: e.order, extra: true,
		RequestedAt: time.Now(),
	}
	x.Place = cmp.Or(x.Place, e.paid.read().Place)
	r.takeOver(x, j)
	r.add(x)
}

// addNext puts an item into the plan once more whose paid job turns out to be of something that is over: that lands, and so does what the item is about now.
func (r *run) addNext(e *Export) {
	r.add(&Export{
		Item: *e.Next, Kind: e.Kind, planned: e.Next.Place, paid: e.paid, order: e.order, landing: e.Job.ID, RequestedAt: time.Now(),
	})
}
