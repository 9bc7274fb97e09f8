package job

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/cq-source-clari/cq-source-clari/client/journal"
)

// barrierEvery is how long landed exports wait for a barrier in the middle of a run: a barrier costs three quiet seconds or more, and a
// crash before it costs nothing while results live.
const barrierEvery = 5 * time.Minute

// landedPlace is a place that this run has landed, and what its kind keeps there.
type landedPlace struct {
	place journal.Place
	kept  any
}

// maybeCommit takes an export that has landed to those that wait for a barrier, and passes one when it is time: every few minutes, and behind the very
// first rows of a run, before more is bought.
func (r *run) maybeCommit(ctx context.Context, e *Export) error {
	if e.Landed() {
		r.sent = append(r.sent, e)
	}
	due := r.Backend && len(r.sent) > 0 && time.Since(r.barrier) >= barrierEvery
	if !due && !(r.budget.Opens(e) && e.Rows > 0) {
		return nil
	}
	err := r.commit(ctx)
	r.barrier = time.Now()
	return err
}

// commit passes a barrier and then notes in the ledger what is there: the ledger is never ahead of the rows.
func (r *run) commit(ctx context.Context) error {
	waiting := make([]func(error), len(r.sent))
	for i, e := range r.sent {
		_, waiting[i] = e.stage(ctx, stageBarrier)
	}
	err := r.Barrier(ctx)
	for _, ended := range waiting {
		ended(err)
	}
	if err != nil {
		return err
	}
	if len(r.sent) > 0 {
		r.budget.Passed()
	}
	r.recordSent(ctx)
	return nil
}

func (r *run) recordSent(ctx context.Context) {
	for _, e := range r.sent {
		r.settle(e)
		r.tell(e, r.Log.Info()).Int64("rows", e.Rows).Float64("seconds", seconds(e)).Msg("export landed")
		e.close()
	}
	r.sent = nil
	r.Ledger.Flushed(ctx)
}

// settle notes in both ledgers that the rows of an export are there.
func (r *run) settle(e *Export) {
	e.Work.Landed(e)
	if e.Place != "" {
		place := r.landed[e.Place].place
		if _, before := r.landed[e.Place]; !before {
			place = e.There
		}
		place = r.successor(place, e)
		kept := e.State()
		r.landed[e.Place] = landedPlace{place, kept}
		r.Ledger.SaveRecord(e.Place, place, kept)
	}
	r.accounts.note(e, func(p *journal.Paid) {
		p.Forget(e.Job.ID)
		p.Place, p.Trouble = e.Place, 0
		if !e.extra {
			p.Failure = nil
		}
	})
	r.pace.Remember(e.Class)
}

// successor is what is at a place once an export has landed there.
func (r *run) successor(p journal.Place, e *Export) journal.Place {
	days := p.Days
	if e.Daily {
		days = days.With(r.day(e))
	}
	if p.Job != "" && p.Job != e.Job.ID && e.ExportedAt.Before(p.ExportedAt) { // an older day
		p.Days = days
		return p
	}
	n := journal.Place{
		Job: e.Job.ID, AskedAt: e.asked, ExportedAt: e.ExportedAt, LandedAt: r.now(), Expires: e.Job.ExpiredTime,
		Contents: journal.Contents{Types: e.Wants.Types, Whole: e.Wants.Whole}, Schema: e.Wants.Schema, Tables: e.Wants.Tables, Open: true, Days: days,
	}
	if again := p.Job == e.Job.ID; again { // rows of before are there as well, as far as they have this form
		n.AskedAt, n.Contents = p.AskedAt, p.Contents
		if p.Schema == n.Schema {
			n.Tables = union(p.Tables, n.Tables)
		}
		n.Expires = later(p.Expires, n.Expires)
	}
	switch wasFinal := p.Job != "" && e.Final(p.ExportedAt); {
	case !wasFinal || !e.Final(e.ExportedAt):
	case r.landedNow(e.Place), p.Before != nil && p.Before.Holds(p.Types, p.Whole): // what was there in between may have had less
		n.Before = p.Before
	default:
		n.Before = &p.Contents
	}
	return n
}

// landedNow reports whether this run has landed a place before.
func (r *run) landedNow(place string) bool { return r.landed[place].place.Job != "" }

func union(a, b []string) []string {
	all := slices.Concat(a, b)
	slices.Sort(all)
	return slices.Compact(all)
}

// closePlaces notes of the places that the run has landed that its sync ends well.
func (r *run) closePlaces(ctx context.Context) {
	for key, l := range r.landed {
		l.place.Open = false
		r.Ledger.SaveRecord(key, l.place, l.kept)
	}
	r.Ledger.Flushed(ctx)
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
