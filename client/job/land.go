package job

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/cq-source-clari/cq-source-clari/client/job/due"
	"github.com/cq-source-clari/cq-source-clari/client/journal"
)

// barrierEvery is how long landed exports wait for a barrier in the middle of a run: a barrier costs three quiet seconds or more, and a
// crash before it costs nothing while results live.
const barrierEvery = 5 * time.Minute

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
	r.take(e)
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
func (r *run) day(e *Export) int32 { return journal.DayNumber(e.ExportedAt.In(r.Location)) }

func (r *run) snapshotOf(e *Export) snapshot { return snapshotAt(e, r.day(e)) }

// snapshotAt is what rows of an export replace that are of a day.
func snapshotAt(e *Export, day int32) snapshot {
	if e.Daily {
		return snapshot{e.Place, day}
	}
	return snapshot{place: e.Place}
}

const (
	landedThere  = "another export of this sync has landed there"
	thereIsNewer = "what is there is newer"
)

// take notes that the rows of an export land where nothing else of this run may.
func (r *run) take(e *Export) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if e.Place != "" {
		r.taken[r.snapshotOf(e)] = true
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
	final := there.Job != "" && !e.FinalAt.IsZero() && !there.ExportedAt.Before(e.FinalAt)
	lives := r.now().Before(cmp.Or(there.Expires, there.ExportedAt.Add(due.StoredFor))) && !r.doubts.isGone(there.Job)
	return r.Backend && r.accounts.isMade(e) && final && lives && !r.Ledger.Flushed(ctx)
}

// older tells why an export's rows do not replace what is there: never older over newer, and no key twice in a sync.
func (r *run) older(e *Export) string {
	if e.Place == "" {
		return ""
	}
	if r.isTaken(r.snapshotOf(e)) {
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
		return thereIsNewer
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
	r.accounts.note(e, func(p *journal.Paid) {
		p.Failure = &journal.Failure{Job: e.Job.ID, AskedAt: e.asked, Cause: journal.Cause(err.Error()), Reader: r.Reader, Tries: 1}
	})
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
	f := &journal.Failure{Job: e.Job.ID, AskedAt: e.asked, Cause: journal.Cause(err.Error()), Reader: r.Reader, Tries: 1}
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

// nextTry is the day on which a result is exported again that has failed so many times.
func (r *run) nextTry(e *Export, tries int) time.Time {
	days := min(7, 1<<min(tries-1, 3))
	if e.Ongoing {
		days = 1
	}
	return r.dayAfter(days)
}

// dayAfter is a day so many after the present one, as midnight UTC.
func (r *run) dayAfter(days int) time.Time {
	return time.Unix((int64(journal.DayNumber(r.now().In(r.Location)))+int64(days))*24*60*60, 0).UTC()
}

// conclude commits what has landed, and names what has not.
func (r *run) conclude(ctx context.Context) error {
	r.tellLacking()
	var err error
	if len(r.missing) > 0 || r.Backend && len(r.sent) > 0 {
		err = r.commit(ctx)
	} else { // the CLI makes destinations write out what a sync that ends well has sent
		r.recordSent(ctx)
	}
	if len(r.missing) > 0 {
		err = errors.Join(err, &IncompleteError{Planned: r.progress.Total(), Missing: r.missing})
	}
	return err
}

// tellLacking tells of what nobody can land any more, in one line a kind.
func (r *run) tellLacking() {
	lacking := map[Kind][]*Export{}
	for _, e := range r.lacking {
		lacking[e.Kind] = append(lacking[e.Kind], e)
	}
	for k, exports := range lacking {
		r.Log.Info().Str("exports", k.Describe(exports)).
			Msg(fmt.Sprintf("settled, but without tables or columns that came later, and their results are gone: %s", k.Advice().Lacking))
	}
}
