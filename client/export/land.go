package export

import (
	"context"
	"errors"
	"io"
	"math"
	"slices"
	"time"
)

// Lander takes results to their destination. It is called from one goroutine.
type Lander interface {
	// Land reads a result, calls accept with what is in it before the first row goes out, and sends its rows. An error of accept
	// is returned as it is; a result that is not what it should be is a *ContentError.
	Land(ctx context.Context, e *Export, result *io.SectionReader, accept func(Landed) error) error
	// Report sends the row of clari_forecast_exports.
	Report(ctx context.Context, e *Export) error
	// Barrier returns when destinations have written out everything that was sent before.
	Barrier(ctx context.Context) error
}

// barrierEvery is how long landed exports wait for a barrier in the middle of a run: a barrier costs three quiet seconds or more, and a
// crash before it costs nothing while results live.
const barrierEvery = 5 * time.Minute

// landAll lands what arrives, until there is no more.
func (r *run) landAll(ctx context.Context, arriving <-chan *Export) error {
	lastBarrier := time.Now()
	for e := range arriving {
		if e.Err == nil && e.Outcome == "" {
			e.Err = r.land(ctx, e)
		}
		if err := r.end(ctx, e); err != nil {
			return err
		}
		if len(r.landed) > 0 && time.Since(lastBarrier) >= barrierEvery {
			if err := r.commit(ctx); err != nil {
				return err
			}
			lastBarrier = time.Now()
		}
	}
	return nil
}

// land takes the finished job of e to the destination. A result that has expired is exported once more.
func (r *run) land(ctx context.Context, e *Export) error {
	for again := 0; ; {
		if isTrue(e.Job.RowsTruncated) || isTrue(e.Job.CellsTruncated) {
			return &ContentError{Err: ErrTruncated}
		}
		s, err := r.download(ctx, e)
		if err == nil {
			err = r.Lander.Land(ctx, e, s.section(), func(found Landed) error { return r.accept(ctx, e, found) })
			s.Close()
		}
		switch {
		case err == nil:
			return nil
		case ctx.Err() != nil:
			return ctx.Err()
		case damaged(err) && again < 2:
			again++
			e.log(r.Log.Info()).Err(err).Int("attempt", again).Msg("result is not whole: downloading it again")
		case errors.Is(err, errExpired) && !e.reexported:
			e.log(r.Log.Info()).Err(err).Msg("result has expired: exporting once more")
			if err := r.reexport(ctx, e); err != nil {
				return err
			}
		default:
			return err
		}
	}
}

func isTrue(b *bool) bool { return b != nil && *b }

// damaged tells a result that may have been damaged on its way to us.
func damaged(err error) bool {
	content, ok := errors.AsType[*ContentError](err)
	return ok && content.Damaged
}

// reexport makes a new job for an export whose result has expired, as one of those in flight.
func (r *run) reexport(ctx context.Context, e *Export) error {
	e.reexported = true
	if !r.takeSlot(ctx) {
		return ctx.Err()
	}
	defer r.leaveSlot(e)
	if err := r.create(ctx, e); err != nil {
		return err
	}
	return r.obtain(ctx, e)
}

// accept judges what is in a result.
func (r *run) accept(ctx context.Context, e *Export, found Landed) error {
	if e.Period == "" && e.entry.Quarter != found.Quarter {
		e.entry.HadRows, e.entry.Settled = false, nil // those of another quarter
	}
	e.Landed = found
	today := day(time.Now(), r.Spec.Location())
	e.entry.Quarter = e.Quarter()
	end := found.End
	if end.IsZero() {
		end = r.cal.end(e.Quarter(), r.Spec.FiscalYearStartMonth)
	}
	if !end.IsZero() {
		e.entry.End = end
	}
	// What an earlier sync asked for may not be current any more. An old result that lands beside a new job (it has no key) says nothing.
	old := e.adopted && (r.after(time.Now(), end) || e.key == "")
	r.cal.learn(found, e.Period == "" && !old)
	if found.Entries > 0 {
		e.entry.HadRows = true
		return nil
	}
	fail := r.Spec.OnEmpty == "fail"
	if r.Spec.OnEmpty == "auto" {
		current, known := r.cal.known(today, r.Spec.FiscalYearStartMonth)
		fail = r.Store == nil || e.entry.HadRows || e.Period == "" || known && e.Period == current.String()
	}
	if fail {
		return &ContentError{Err: ErrEmpty}
	}
	e.log(r.Log.Warn()).Msg("export has no entries")
	return nil
}

// end closes the books on an export: its outcome, its line in the log and its row.
func (r *run) end(ctx context.Context, e *Export) error {
	defer close(e.ended)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	switch {
	case e.Outcome == Settled:
	case errors.Is(e.Err, ErrQuota):
		e.Outcome = LeftOut
	case e.Err != nil:
		e.Outcome = Failed
		if _, ok := errors.AsType[*ContentError](e.Err); ok {
			r.note(ctx, e, failed) // the same job would give the same again
		}
	case e.adopted:
		e.Outcome = Adopted
	default:
		e.Outcome = Exported
	}
	if current, known := r.cal.current(day(time.Now(), r.Spec.Location())); known && e.Quarter() == "" {
		e.Landed.Quarter = current.String() // the one that would have come
	}
	switch e.Outcome {
	case Failed, LeftOut:
		e.log(r.Log.Error()).Err(e.Err).Int("attempt", e.Attempts).Msg("export did not land")
	case Settled:
		e.log(r.Log.Info()).Msg("quarter is settled: not exported again")
	default:
		r.landed = append(r.landed, e)
		e.log(r.Log.Info()).Str("status", string(e.Job.Status)).Int64("rows", e.Landed.Entries).
			Float64("seconds", math.Round(time.Since(e.began).Seconds()*100)/100).Msg("export landed")
	}
	return r.Lander.Report(ctx, e)
}

// commit passes a barrier and then notes in the journal what has landed: "done" is never ahead of the rows.
func (r *run) commit(ctx context.Context) error {
	if err := r.Lander.Barrier(ctx); err != nil {
		return err
	}
	if r.Store == nil {
		r.landed = nil
		return nil
	}
	for _, e := range r.landed {
		r.record(ctx, e)
	}
	r.landed = nil
	r.cal.save(ctx, r.journal, calendarKey(r.Spec.BaseURL))
	r.journal.flush(ctx)
	return nil
}

// record notes one export as done, and whether its quarter is settled with it.
func (r *run) record(ctx context.Context, e *Export) {
	if e.key == "" {
		return
	}
	known := &e.entry
	known.DoneJobID, known.Tables, known.Schema = e.Job.ID, r.Tables, Schema
	known.Settled = slices.DeleteFunc(known.Settled, func(at time.Time) bool { return !r.final(known.End, at) }) // settle_days may have grown
	if r.final(known.End, e.ExportedAt) && len(known.Settled) < 2 && !slices.Contains(known.Settled, e.ExportedAt) {
		known.Settled = append(known.Settled, e.ExportedAt)
	}
	r.note(ctx, e, done)
	if e.Period == "" {
		r.watch(ctx, e.Tab, e.Quarter(), true)
	} else if r.settled(e) {
		r.watch(ctx, e.Tab, e.Period, false)
	}
}
