package export

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/cq-source-clari/cq-source-clari/client/fiscal"
	"github.com/cq-source-clari/cq-source-clari/client/job"
	"github.com/cq-source-clari/cq-source-clari/resources/forecasts"
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
	data, err := io.ReadAll(body)
	if err != nil {
		return nil, err
	}
	first, last := s.k.planner.Calendar.Days(s.Period)
	found, err := forecasts.Inspect(ctx, io.NewSectionReader(bytes.NewReader(data), 0, int64(len(data))), forecasts.Asked{
		Quarter: s.Period, Format: s.Format, FileName: e.Job.FileName, Currency: s.Currency, JobCurrency: e.Job.Currency,
		QuarterStart: first, QuarterEnd: last,
	})
	if err != nil {
		return nil, judge("check", err)
	}
	return &landing{s: s, found: found}, nil
}

// judge tells a result that is not what it should be from one that could not be read.
func judge(step string, err error) error {
	err = fmt.Errorf("%s: %w", step, err)
	if forecasts.IsContent(err) {
		return &job.ContentError{Err: err, Damaged: forecasts.IsDamaged(err)}
	}
	return err
}

// landing is a result that has been read, on its way to the tables.
type landing struct {
	s     *subject
	found *forecasts.Result
}

func (*landing) Close() error { return nil }

// Check judges the whole result, and takes in what it says of the quarter.
func (l *landing) Check(_ context.Context, e *job.Export) error {
	s, found := l.s, l.found
	s.shape = found.Shape
	known := &s.Export.Memory
	if s.Period == "" {
		s.Quarter = found.Quarter
		if known.Quarter != found.Quarter { // those of another quarter
			known.HadRows, known.Settled = false, nil
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
	s.Log(s.k.Log.Warn()).Msg("export has no entries")
	return nil
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
	counts, err := l.found.Emit(ctx, l.s.origin(e), l.s.k.Tables)
	l.s.counts = counts
	return counts.Entries, err
}

// origin is what all rows of an export share.
func (s *subject) origin(e *job.Export) forecasts.Origin {
	at := e.ExportedAt
	if at.IsZero() {
		at = e.RequestedAt
	}
	quarter := s.Period
	if quarter == "" {
		quarter = s.Quarter
	}
	return forecasts.Origin{
		ForecastID: s.ForecastID, ScopeID: s.ScopeID, RequestedCurrency: s.Currency, RequestedPeriod: quarter,
		JobID: e.Job.ID, ExportedAt: e.ExportedAt, JobCurrency: e.Job.Currency, SnapshotDate: fiscal.Day(at, s.k.Spec.Location()),
	}
}
