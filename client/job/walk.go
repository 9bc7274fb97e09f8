package job

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/rs/zerolog"

	"github.com/cq-source-clari/cq-source-clari/client/clari"
	"github.com/cq-source-clari/cq-source-clari/client/job/due"
)

// walk takes an export from its decision to its record, one step after the other. A step that fails ends it. What has to be done again is another item of
// the plan: see again. turn and slot give back the export's turn and its place among the jobs in flight.
func (r *run) walk(ctx context.Context, e *Export, turn, slot func()) {
	defer slot()
	defer turn()
	r.open(ctx, e)
	err := r.decide(ctx, e)
	if err == nil && e.Decision.Action == due.Buy {
		err = r.buy(ctx, e)
	}
	if next, more := errors.AsType[*again](err); more { // while it has its turn: no other item comes between
		r.putBack(e, next)
		return
	}
	turn()
	if err == nil && e.Job.ID != "" && e.Outcome == "" {
		err = r.wait(ctx, e)
	}
	slot()

	if !take(ctx, r.landing) { // one export at a time is read and sent
		return
	}
	defer func() { <-r.landing }()
	var result Result
	if err == nil && e.Outcome == "" {
		result, err = r.read(ctx, e)
	}
	if err == nil && result != nil {
		err = r.check(ctx, e, result)
	}
	err = r.unusable(e, err)
	var broken error
	if err == nil && result != nil && e.Outcome == "" {
		if e.Next != nil && !e.extra { // beside an extra one the item has its own export already
			r.addNext(e)
		}
		r.plan.read(e) // the rest of the plan may build on it, while its rows go out
		err, broken = r.emit(ctx, e, result)
	}
	if result != nil {
		broken = errors.Join(broken, result.Close())
	}
	if broken == nil {
		broken = r.record(ctx, e, err)
	}
	if broken != nil {
		r.stop(broken)
	}
}

// record tells what became of an export: another try, or its outcome, its line in the log and its row; and from time to time it passes a barrier.
func (r *run) record(ctx context.Context, e *Export, err error) error {
	defer r.budget.Drop(e)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if next, more := errors.AsType[*again](err); more {
		r.putBack(e, next)
		return nil
	}
	r.judge(e, err)
	r.progress.End(e.Number)
	r.Summary.count(e)
	r.metrics.ended(ctx, e)
	r.metrics.follow(ctx, r.Client)
	r.tellEnd(e)
	if err := e.Report(ctx, e); err != nil {
		return err
	}
	r.plan.read(e)
	return r.maybeCommit(ctx, e)
}

// putBack makes another try of an export an item of the plan.
func (r *run) putBack(e *Export, next *again) {
	e.Log(r.Log.Info()).Err(next.err).Int("attempt", e.Attempts).Msg("export is put back into the plan")
	r.progress.Again(e.Number, e.Class)
	r.plan.add(e.retry(next))
	r.budget.Drop(e)
}

// judge settles the outcome of an export that has ended, and keeps what later syncs have to know of a failure.
func (r *run) judge(e *Export, err error) {
	if err != nil && e.cause != nil {
		err = fmt.Errorf("%w; then %w", e.cause, err) // the first cause is what the user has to know
	}
	leftOut, never := errors.AsType[*LeftOutError](err)
	switch {
	case never && e.cause == nil:
		e.Outcome, e.Err = OutcomeLeftOut, leftOut
	case err != nil:
		e.Outcome, e.Err = OutcomeFailed, err
		r.keepFailure(e, err)
	case e.Outcome != "":
	case r.accounts.isMade(e):
		e.Outcome = OutcomeExported
	case e.Decision.Action == due.LandAgain:
		e.Outcome = OutcomeAgain
	default:
		e.Outcome = OutcomeAdopted
	}
	if e.Err != nil {
		r.missing = append(r.missing, e)
	}
	if e.Outcome == OutcomeSettled && e.Decision.Lacking {
		r.lacking = append(r.lacking, e)
	}
}

// tellEnd writes the one line of an export that has ended. Those that nobody asked for since the key is refused are told of together.
func (r *run) tellEnd(e *Export) {
	switch {
	case e.Err != nil:
		event := r.Log.Error()
		if errors.Is(e.Err, clari.ErrUnauthorized) && r.toldRefused {
			event = r.Log.Debug()
		}
		r.toldRefused = r.toldRefused || errors.Is(e.Err, clari.ErrUnauthorized)
		e.Log(event).Err(e.Err).Int("attempt", e.Attempts).Msg("export did not land")
	case e.Landed():
		r.tell(e, r.Log.Info()).Str("status", string(e.Job.Status)).Int64("rows", e.Rows).Float64("seconds", seconds(e)).Msg("rows sent")
		return
	default:
		event := r.Log.Info()
		if e.Decision.Warn {
			event = r.Log.Warn()
		}
		e.Log(event).Str("why", e.Decision.Why).Msg(string(e.Outcome) + ": not exported")
	}
	e.close()
}

// tell adds to a log line which export it is about, and how far the run is.
func (r *run) tell(e *Export, event *zerolog.Event) *zerolog.Event {
	return r.progress.Tell(e.Log(event), e.Number)
}

func seconds(e *Export) float64 { return math.Round(time.Since(e.begun).Seconds()*100) / 100 }
