package job

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/cq-source-clari/cq-source-clari/client/job/due"
	"github.com/cq-source-clari/cq-source-clari/client/journal"
)

// snapshot is what rows replace: a place, and under history its day.
type snapshot struct {
	place string
	day   int32
}

// check judges a whole result before its first row goes out: whether it is what was asked for, and newer than what is there.
func (r *run) check(ctx context.Context, e *Export, result Result) error {
	if err := r.accounts.place(ctx, e, e.Place); err != nil && !r.accounts.isMade(e) { // what this run had made is newer, whatever is there
		return err
	}
	if err := result.Check(ctx, e); err != nil {
		if errors.Is(err, ErrNotOurs) {
			return r.discard(e, notOurs, err)
		}
		if failedHere(ctx, err) {
			r.noteUnread(e)
		}
		return err
	}
	r.setDate(ctx, e)
	if why := r.older(e); why != "" {
		e.Outcome, e.Decision.Why = OutcomeKept, why
		r.accounts.note(e, func(p *journal.Paid) { p.Forget(e.Job.ID) })
		return nil
	}
	if r.mayBeOverwritten(ctx, e) {
		return errNotKept
	}
	r.claim(e)
	if lost := missingTypes(e); len(lost) > 0 {
		e.Log(r.Log.Warn()).Strs("types", lost).Msg("fewer types than what is there: the columns of these become null")
	}
	return nil
}

func missingTypes(e *Export) (lost []string) {
	for _, t := range e.There.Types {
		if !slices.Contains(e.Wants.Types, t) {
			lost = append(lost, t)
		}
	}
	return lost
}

// setDate sets the time of the data. What the ledger knows already stays: a second download is no second snapshot.
func (r *run) setDate(ctx context.Context, e *Export) {
	paid := e.paid.read()
	known := paid.Find(e.Job.ID).ExportedAt
	if e.There.Job == e.Job.ID && known.IsZero() {
		known = e.There.ExportedAt
	}
	if !known.IsZero() {
		e.ExportedAt = known
		return
	}
	at := cmp.Or(e.Job.EndTime, e.date)
	if e.extra { // of an old result nobody asked before
		at = cmp.Or(e.Job.EndTime, e.Job.StartTime, e.asked, e.date)
	}
	if latest := r.now().Add(time.Second); at.After(latest) { // a Date header, by which Clari's clock is known, leaves out what is below a second
		at = latest
	}
	at = at.UTC().Truncate(time.Microsecond)
	if r.accounts.isMade(e) && e.There.Job != "" && !at.After(e.There.ExportedAt) { // it was created after the ledger was read, whatever the clocks say
		at = e.There.ExportedAt.Add(time.Microsecond)
	}
	e.ExportedAt = at
	r.accounts.note(e, func(p *journal.Paid) { p.Change(e.Job.ID, func(j *journal.PaidJob) { j.ExportedAt = at }) })
	if e.Job.EndTime.IsZero() { // only we know it: it has to be in the ledger before the first row goes out
		r.Ledger.Flushed(ctx)
	}
}

// day is the day whose snapshot an export is.
func (r *run) day(e *Export) int32 { return r.DayNumber(e.ExportedAt) }

// snapshotAt is what rows of an export replace that are of a day.
func snapshotAt(e *Export, day int32) snapshot {
	if e.Daily {
		return snapshot{e.Place, day}
	}
	return snapshot{place: e.Place}
}

const landedThere = "another export of this sync has landed there"

// claim notes that the rows of an export land where nothing else of this run may.
func (r *run) claim(e *Export) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if e.Place != "" {
		r.taken[snapshotAt(e, r.day(e))] = true
	}
}

func (r *run) isTaken(s snapshot) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.taken[s]
}

// mayBeOverwritten reports whether a later sync would land older rows over those of e: the result that is there is final and still to be had, so that it may
// land again, and the ledger does not keep that there is a newer one.
func (r *run) mayBeOverwritten(ctx context.Context, e *Export) bool {
	there := e.There
	final := there.Job != "" && e.Final(there.ExportedAt)
	lives := r.now().Before(cmp.Or(there.Expires, there.ExportedAt.Add(due.StoredFor))) && !r.doubts.isGone(there.Job)
	return r.Backend && r.accounts.isMade(e) && final && lives && !r.Ledger.Flushed(ctx)
}

// older tells why an export's rows do not replace what is there: never older over newer, and no key twice in a sync.
func (r *run) older(e *Export) string {
	if e.Place == "" {
		return ""
	}
	if r.isTaken(snapshotAt(e, r.day(e))) {
		return landedThere
	}
	if e.There.Job == "" || e.There.Job == e.Job.ID {
		return ""
	}
	age := e.ExportedAt
	if e.Job.EndTime.IsZero() && !r.accounts.isMade(e) {
		age = e.asked
	}
	day, there := r.day(e), e.There.Days
	switch {
	case !e.Daily && age.Before(e.There.ExportedAt):
		return "what is there is newer"
	case e.Daily && there.Has(day) && (day != there.Newest || age.Before(e.There.ExportedAt)):
		return "its day has a newer snapshot"
	}
	return ""
}

// emit sends the rows, and does what its kind has to do once they are sent. broken means that nothing can be sent any more.
func (r *run) emit(ctx context.Context, e *Export, result Result) (failed, broken error) {
	r.tell(e, r.Log.Info()).Int64("bytes", e.ResultBytes).Msg("result read")
	inner, done := e.stage(ctx, stageEmit)
	rows, err := result.Emit(inner, e)
	done(err)
	if e.Rows = rows; err != nil {
		return nil, err
	}
	r.budget.Sent(e)
	if failed = e.Finish(ctx, e); failed != nil {
		r.noteUnread(e)
	}
	return failed, nil
}
