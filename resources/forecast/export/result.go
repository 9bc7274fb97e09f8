package export

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/rs/zerolog"

	"github.com/cq-source-clari/cq-source-clari/client/job"
	"github.com/cq-source-clari/cq-source-clari/client/job/due"
	"github.com/cq-source-clari/cq-source-clari/resources/forecast/plan"
	"github.com/cq-source-clari/cq-source-clari/resources/forecast/result"
	"github.com/cq-source-clari/cq-source-clari/resources/forecast/result/fault"
	"github.com/cq-source-clari/cq-source-clari/resources/forecast/result/flat"
	"github.com/cq-source-clari/cq-source-clari/resources/kept"
)

// ErrEmpty says what to do about a result without entries.
var ErrEmpty = errors.New("check: the result has no entries: check that the token's user is opted in to the forecast, scope_id and types; or set on_empty: warn")

// errEndless is a csv whose end nothing marks.
var errEndless = errors.New("read: a proxy on the way takes the length off the result, so that a cut would not be noticed in csv: use export_format json")

// Read reads a result while it is downloaded.
func (w *work) Read(ctx context.Context, e *job.Export, body job.Body) (job.Result, error) {
	asked := w.askedFor(e)
	if !body.EndMarked && asked.Format == "csv" {
		return nil, errEndless
	}
	copied := kept.Folder(w.k.Spec.KeepResults).Begin(w.ForecastID, e.Job.ID, asked.Format)
	in := copied.Tee(body)
	read, err := result.Read(ctx, in, result.Asked{
		Period: w.Period, Format: asked.Format, FileName: e.Job.FileName, Currency: w.Currency, JobCurrency: e.Job.Currency, Types: asked.Types, Locale: w.locale(e),
		Calendar: func(quarter string) (start, end time.Time, ok bool) {
			start, end = w.k.planner.Days(w.Tab, quarter)
			return start, end, !start.IsZero() || !end.IsZero()
		},
	})
	if err != nil {
		err = w.judge("read", err)
		copied.Settle(in, err, w.period(e), w.k.Log, func(event *zerolog.Event) { e.Log(event) })
		return nil, err
	}
	copied.Settle(in, nil, cmp.Or(w.Period, read.Found.Quarter), w.k.Log, func(event *zerolog.Event) { e.Log(event) })
	e.Found = &found{Found: read.Found}
	if w.Period == "" && read.Found.Quarter != "" {
		e.Place = w.k.planner.PlaceKey(w.Tab, read.Found.Quarter)
		e.Relabel("requested_period", read.Found.Quarter)
	}
	return &landing{w: w, read: read}, nil
}

// locale is how amounts are written that may be read both ways: as the place's own results told where a stored one is read again, else as the tab's newest.
func (w *work) locale(e *job.Export) string {
	own, tab := w.state.Locale, w.k.planner.Locale(w.Tab)
	if e.There.Job == e.Job.ID {
		return cmp.Or(own, tab)
	}
	return cmp.Or(tab, own)
}

// judge tells a result that is not what it should be from one that could not be read. Which quarter is current changes by itself.
func (w *work) judge(step string, err error) error {
	err = fmt.Errorf("%s: %w", step, err)
	if !fault.IsContent(err) {
		return err
	}
	return &job.ContentError{Err: err, Damaged: fault.IsDamaged(err), Passing: w.Period == "" && isWrongQuarter(err)}
}

func isWrongQuarter(err error) bool {
	_, wrong := errors.AsType[*fault.WrongQuarterError](err)
	return wrong
}

// landing is a result that has been read, on its way to the tables.
type landing struct {
	w    *work
	read *result.Result
}

func (l *landing) Close() error { return l.read.Close() }

// Check judges the whole result, and takes in what it says of the quarter.
func (l *landing) Check(ctx context.Context, e *job.Export) error {
	w, err := l.w, l.read.Check(ctx)
	f := l.read.Found
	foundIn(e).Found = f
	if err != nil {
		if e.Listed && isWrongQuarter(err) {
			return job.ErrNotOurs
		}
		return w.judge("check", err)
	}
	w.k.odd.Warn(w.k.Log, f.Odd, func(event *zerolog.Event) { e.Log(event) })
	if w.k.Spec.OnUnread == "fail" && len(f.Unread) > 0 {
		return w.judge("check", f.UnreadError())
	}
	if e.Listed && (w.less(e, f) || w.otherQuarter(f.Quarter)) {
		return job.ErrNotOurs
	}
	w.learn(e, f)
	if w.Period != "" {
		e.FinalAt = w.k.planner.FinalAt(w.Tab, w.Period, w.likelyEnd(f))
	}
	if otherFamily(w.state, f.Shape) && !w.IncludeHistorical {
		w.tellMixed(e, f.Shape)
	}
	if f.Entries > 0 {
		return nil
	}
	if w.failsEmpty() {
		return &job.ContentError{Err: ErrEmpty, Passing: true}
	}
	e.Log(w.k.Log.Warn()).Msg("export has no entries")
	return nil
}

// less reports whether a result has less in it than its place; or where that has nothing, less than amounts, of more than one week where all were asked
// for. The job was found in a list, which tells neither types nor weeks.
func (w *work) less(e *job.Export, f result.Found) bool {
	types, weeks := w.state.Shown, w.state.Weeks
	if e.There.Job == "" {
		types, weeks = []string{"forecast"}, 2
	}
	for _, t := range types {
		if slices.Contains(w.Types, t) && !slices.Contains(f.Types, t) {
			return true
		}
	}
	return w.IncludeHistorical && f.Weeks < weeks
}

// otherQuarter reports whether a quarter is surely not the one that Clari calls current.
func (w *work) otherQuarter(quarter string) bool {
	return w.Period == "" && w.Place != "" && quarter != w.Likely
}

// learn takes in what a result says of its quarter. What an earlier sync asked for may not be current any more.
func (w *work) learn(e *job.Export, f result.Found) {
	planner := w.k.planner
	if planner.LearnLocale(w.Tab, f.Locale) && f.Locale == flat.LocaleComma {
		e.Log(w.k.Log.Info()).Str("written", f.Locale).
			Msg("amounts of this tab have commas before the decimals: 1.234 is read as 1234, also where only earlier results tell")
	}
	if !f.Guessed {
		planner.Learn(w.Tab, f.Quarter, f.Start, f.End)
	}
	if w.Period != "" || f.Quarter == "" {
		return
	}
	_, end := planner.Days(w.Tab, f.Quarter)
	if end.IsZero() {
		end = f.End
	}
	if e.Created > 0 || !planner.Over(end, w.k.Client.ServerTime(time.Now()).Add(-zones)) {
		planner.LearnCurrent(w.Tab, f.Quarter)
	} else if e.Decision.Action == due.Adopt {
		e.Next = new(w.k.item(w.Item))
	}
}

// zones is how long the day of one time zone may be over before that of another: Clari's own is not known, and it may still call the quarter current.
const zones = 26 * time.Hour

// tellMixed warns, once a tab, that the shape of its results has changed.
func (w *work) tellMixed(e *job.Export, shape string) {
	if _, told := w.k.mixed.LoadOrStore(w.Tab, true); told {
		return
	}
	e.Log(w.k.Log.Warn()).Str("shape", plan.Family(shape)).Str("before", w.state.Family).
		Msg("the result comes in another shape, with other ids: the views show only the newest shape until an export has all weeks. With " +
			"include_historical: auto the next one has")
}

// failsEmpty reports whether an export without entries has failed: see on_empty.
func (w *work) failsEmpty() bool {
	k := w.k
	if k.Spec.OnEmpty != "auto" {
		return k.Spec.OnEmpty == "fail"
	}
	return !k.Backend || w.HadRows || w.state.HadRows || w.Period == "" || k.planner.IsCurrent(w.Tab, w.Period)
}

// Emit sends the rows.
func (l *landing) Emit(ctx context.Context, e *job.Export) (int64, error) {
	counts, err := l.read.Emit(ctx, l.w.origin(e), l.w.k.Tables)
	foundIn(e).counts = counts
	return counts.Entries, err
}
