package export

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/rs/zerolog"

	"github.com/cq-source-clari/cq-source-clari/client/fiscal"
	"github.com/cq-source-clari/cq-source-clari/client/job"
	"github.com/cq-source-clari/cq-source-clari/resources/forecast"
	"github.com/cq-source-clari/cq-source-clari/resources/forecast/result"
	"github.com/cq-source-clari/cq-source-clari/resources/forecast/result/fault"
	"github.com/cq-source-clari/cq-source-clari/resources/kept"
)

// ErrEmpty says what to do about a result without entries.
var ErrEmpty = errors.New("check: the result has no entries: check that the token's user is opted in to the forecast, scope_id and types; or set on_empty: warn")

// errEndless is a csv whose end nothing marks.
var errEndless = errors.New("read: a proxy on the way takes the length off the result, so that a cut would not be noticed in csv: use export_format json")

// Read reads a result while it is downloaded.
func (s *subject) Read(ctx context.Context, e *job.Export, body job.Body) (job.Result, error) {
	if !body.EndMarked && s.Format == "csv" {
		return nil, errEndless
	}
	copied := kept.Folder(s.k.Spec.KeepResults).Begin(s.ForecastID, e.Job.ID, s.Format)
	in := copied.Tee(body)
	read, err := result.Read(ctx, in, result.Asked{
		Period: s.Period, Format: s.Format, FileName: e.Job.FileName, Currency: s.Currency, JobCurrency: e.Job.Currency, Types: s.Types,
		Calendar: func(quarter string) (start, end time.Time, ok bool) {
			start, end = s.k.planner.Calendar.Days(quarter)
			return start, end, !start.IsZero() || !end.IsZero()
		},
	})
	if err != nil {
		err = judge("read", err)
		if _, isContent := errors.AsType[*job.ContentError](err); isContent { // what is left of it may tell why
			if _, cut := io.Copy(io.Discard, in); cut == nil {
				s.kept(e, copied.End(s.period(e)))
				return nil, err
			}
		}
		copied.Drop()
		return nil, err
	}
	s.kept(e, copied.End(cmp.Or(s.Period, read.Found.Quarter)))
	s.found = read.Found
	return &landing{s: s, read: read}, nil
}

// kept warns where a result could not be kept. Its rows land all the same.
func (s *subject) kept(e *job.Export, err error) {
	if err != nil {
		s.k.Log.Warn().Func(func(event *zerolog.Event) { e.Log(event) }).Err(err).Msg("result could not be kept in the folder of keep_results; its rows land all the same")
	}
}

// judge tells a result that is not what it should be from one that could not be read.
func judge(step string, err error) error {
	err = fmt.Errorf("%s: %w", step, err)
	if fault.IsContent(err) {
		return &job.ContentError{Err: err, Damaged: fault.IsDamaged(err)}
	}
	return err
}

// landing is a result that has been read, on its way to the tables.
type landing struct {
	s    *subject
	read *result.Result
}

func (l *landing) Close() error { return l.read.Close() }

// Check judges the whole result, and takes in what it says of the quarter.
func (l *landing) Check(ctx context.Context, e *job.Export) error {
	s, found := l.s, l.read.Found
	if err := l.read.Check(ctx); err != nil {
		return judge("check", err)
	}
	s.k.tellOdd(e, found)
	if s.k.Spec.OnUnread == "fail" && len(found.Unread) > 0 {
		return judge("check", found.UnreadError())
	}
	known := &s.Export.Memory
	if e.Found && s.less(found) {
		return job.ErrNotOurs
	}
	if s.Period == "" {
		s.Quarter = found.Quarter
		if known.Quarter != found.Quarter { // those of another quarter
			known.HadRows, known.Settled, known.Types, known.Weeks = false, nil, nil, 0
		}
	} else {
		s.Quarter = s.Period
	}
	s.k.learn(s, e, found.Start, found.End)
	if found.Entries > 0 {
		known.HadRows = true
		return nil
	}
	if s.k.failsEmpty(s) {
		return &job.ContentError{Err: ErrEmpty}
	}
	e.Log(s.k.Log.Warn()).Msg("export has no entries")
	return nil
}

// tellOdd warns of what no column takes, once a sync and cause.
func (k *Kind) tellOdd(e *job.Export, found result.Found) {
	for _, c := range found.Odd {
		if k.odd.First(c.Cause) {
			c.Warn(k.Log, func(event *zerolog.Event) { e.Log(event) })
		}
	}
}

// less tells whether a result has less in it than the last one of this request that landed; or where there was none, less than amounts, of
// more than one week where all were asked for. The job was found in a list, which tells neither types nor weeks.
func (s *subject) less(found result.Found) bool {
	types, weeks := s.Export.Memory.Types, s.Export.Memory.Weeks
	if s.Period == "" && s.Export.Memory.Quarter != found.Quarter {
		types, weeks = nil, 0
	}
	if len(types) == 0 {
		types, weeks = []string{"forecast"}, 2
	}
	for _, t := range types {
		if slices.Contains(s.Types, t) && !slices.Contains(found.Types, t) {
			return true
		}
	}
	return s.IncludeHistorical && found.Weeks < weeks
}

// learn takes in what a result says of its quarter. What an earlier sync asked for may not be current any more.
func (k *Kind) learn(s *subject, e *job.Export, start, end time.Time) {
	calendar, known := k.planner.Calendar, &s.Export.Memory
	calendar.Learn(s.Quarter, start, end)
	if end.IsZero() {
		_, end = calendar.Days(s.Quarter)
	}
	known.Quarter = s.Quarter
	if !end.IsZero() {
		known.End = end
	}
	outdated := s.prior || e.Adopted && k.planner.Over(end, time.Now())
	if s.Period == "" && s.Quarter != "" && !outdated {
		calendar.LearnCurrent(s.Quarter)
	}
}

// failsEmpty tells whether an export without entries has failed: see on_empty.
func (k *Kind) failsEmpty(s *subject) bool {
	if k.Spec.OnEmpty != "auto" {
		return k.Spec.OnEmpty == "fail"
	}
	current, known := k.planner.Calendar.CurrentOr(fiscal.Day(time.Now(), k.Spec.Location()))
	return !k.Backend || s.Export.Memory.HadRows || s.Period == "" || known && s.Period == current.String()
}

// Emit sends the rows.
func (l *landing) Emit(ctx context.Context, e *job.Export) (int64, error) {
	counts, err := l.read.Emit(ctx, l.s.origin(e), l.s.k.Tables)
	l.s.counts = counts
	return counts.Entries, err
}

// origin is what all rows of an export share.
func (s *subject) origin(e *job.Export) forecast.Origin {
	exported := e.ExportedAt
	if exported.IsZero() {
		exported = e.Job.EndTime // of a result that failed
	}
	at := exported
	if at.IsZero() {
		at = e.RequestedAt
	}
	return forecast.Origin{
		ForecastID: s.ForecastID, ScopeID: s.ScopeID, RequestedCurrency: s.Currency, RequestedPeriod: s.period(e),
		JobID: e.Job.ID, ExportedAt: exported, SnapshotDate: fiscal.Day(at, s.k.Spec.Location()),
	}
}

// period is what the export is about. Where Clari chose the quarter and the export failed, the result may have told it, or the name of its
// file, or the day on which it was asked for.
func (s *subject) period(e *job.Export) string {
	if period := cmp.Or(s.Period, s.Quarter, s.found.Quarter); period != "" {
		return period
	}
	if q, ok := fiscal.InFileName(e.Job.FileName); ok {
		return q.String()
	}
	if s.Export.Likely != "" {
		return s.Export.Likely
	}
	if month := s.k.Spec.FiscalYearStartMonth; month > 0 {
		return fiscal.Of(e.RequestedAt.In(s.k.Spec.Location()), month).String()
	}
	return ""
}
