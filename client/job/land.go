package job

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/cq-source-clari/cq-source-clari/client/clari"
)

// barrierEvery is how long landed exports wait for a barrier in the middle of a run: a barrier costs three quiet seconds or more, and a
// crash before it costs nothing while results live.
const barrierEvery = 5 * time.Minute

// land takes an export whose job is done, or that has failed, to its end: read, check, emit, record. One export at a time does so.
func (r *run) land(ctx context.Context, e *Export) {
	if !take(ctx, r.landing) {
		return
	}
	defer func() { <-r.landing }()
	result, err := r.result(ctx, e)
	if result != nil {
		e.Rows, err = r.emit(ctx, e, result)
	}
	if err == nil {
		err = r.end(ctx, e)
	}
	if err == nil && r.Store != nil && len(r.sent) > 0 && time.Since(r.barrier) >= barrierEvery {
		err = r.commit(ctx)
		r.barrier = time.Now()
	}
	if err != nil {
		r.stop(err)
	}
}

// result is the checked result of e, nil where there is none: then e has failed. One that has expired, or that is another export's after all, is
// exported once more; others land meanwhile.
func (r *run) result(ctx context.Context, e *Export) (Result, error) {
	for e.Err == nil && e.Outcome == "" {
		inner, done := e.stage(ctx, stageRead)
		result, err := r.readAndCheck(inner, e)
		if done(err); err == nil {
			close(e.read)
			return result, nil
		}
		again := errors.Is(err, errExpired) || errors.Is(err, ErrNotOurs)
		if e.Err = err; ctx.Err() != nil || !again || e.relanding || e.reexported {
			break
		}
		e.Log(r.Log.Info()).Err(err).Msg("result is of no use: exporting once more")
		<-r.landing
		then := r.reexport(ctx, e)
		if !take(ctx, r.landing) {
			r.landing <- struct{}{}
		}
		if e.Err = nil; then != nil {
			e.Err = fmt.Errorf("%w; then %w", err, then)
		}
	}
	return nil, nil
}

func (r *run) emit(ctx context.Context, e *Export, result Result) (int64, error) {
	r.tell(e, r.Log.Info()).Int64("bytes", e.ResultBytes).Msg("result read")
	inner, done := e.stage(ctx, stageEmit)
	rows, err := result.Emit(inner, e)
	done(err)
	return rows, errors.Join(err, result.Close())
}

func (r *run) readAndCheck(ctx context.Context, e *Export) (Result, error) {
	if isTrue(e.Job.RowsTruncated) || isTrue(e.Job.CellsTruncated) {
		return nil, &ContentError{Err: fmt.Errorf("%w: %s", ErrTruncated, e.Kind.Advice().Truncated)}
	}
	result, err := r.readResult(ctx, e)
	if err != nil {
		return nil, err
	}
	if err := result.Check(ctx, e); err != nil {
		r.unread(ctx, e, err)
		return nil, errors.Join(err, result.Close())
	}
	return result, nil
}

// isWrong tells of a result that would be wrong again, however often it is downloaded.
func isWrong(err error) bool {
	content, ok := errors.AsType[*ContentError](err)
	return ok && !content.Damaged
}

func isTrue(b *bool) bool { return b != nil && *b }

// reexport makes a new job for an export whose result is of no use, as one of those in flight.
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

// end settles what became of an export: its outcome, its line in the log and its row.
func (r *run) end(ctx context.Context, e *Export) error {
	defer func() {
		select {
		case <-e.read:
		default:
			close(e.read)
		}
	}()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	useless := errors.Is(e.Err, errExpired) || gone(e.Err)
	if e.relanding && (useless || isWrong(e.Err)) { // a damaged one may still serve: it was whole when it landed before
		r.leaveLacking(e)
	}
	if e.prior { // a damaged one was so from the start, as far as anybody knows
		e.renewed.priorOver = e.Err == nil || useless || isContent(e.Err)
	}
	switch {
	case e.Outcome == OutcomeSettled:
	case errors.Is(e.Err, ErrQuota) && e.Attempts == 0 && e.Job.ID == "":
		e.Outcome = OutcomeLeftOut
	case e.Err != nil:
		e.Outcome = OutcomeFailed
		if isContent(e.Err) {
			r.note(e, failed) // the same job would give the same again
		}
	case e.Adopted:
		e.Outcome = OutcomeAdopted
	default:
		e.Outcome = OutcomeExported
	}
	r.progress.end(e)
	r.Summary.count(e)
	r.metrics.ended(ctx, e)
	r.metrics.follow(ctx, r.Client)
	if !e.Landed() {
		e.close()
	}
	switch e.Outcome {
	case OutcomeFailed, OutcomeLeftOut:
		r.logLost(e)
	case OutcomeSettled:
		e.Log(r.Log.Info()).Msg("settled: not exported again")
	default:
		r.sent = append(r.sent, e)
		r.tell(e, r.Log.Info()).Str("status", string(e.Job.Status)).Int64("rows", e.Rows).Float64("seconds", seconds(e)).Msg("rows sent")
	}
	return e.Kind.Report(ctx, e)
}

// logLost writes the one error line of a lost export. Those that nobody asked for since the key is refused are told of together.
func (r *run) logLost(e *Export) {
	event := r.Log.Error()
	if errors.Is(e.Err, clari.ErrUnauthorized) && e.Job.ID == "" && r.toldRefused {
		event = r.Log.Debug()
	}
	r.toldRefused = r.toldRefused || errors.Is(e.Err, clari.ErrUnauthorized)
	e.Log(event).Err(e.Err).Int("attempt", e.Attempts).Msg("export did not land")
}

func seconds(e *Export) float64 { return math.Round(time.Since(e.began).Seconds()*100) / 100 }
