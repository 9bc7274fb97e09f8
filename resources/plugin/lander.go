package plugin

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/cq-source-clari/cq-source-clari/client/export"
	"github.com/cq-source-clari/cq-source-clari/client/fiscal"
	"github.com/cq-source-clari/cq-source-clari/resources/forecasts"
	"github.com/cq-source-clari/cq-source-clari/resources/table"
)

// lander takes results from the export package to the destination, through the forecast tables.
type lander struct {
	*syncer
	tables *forecasts.Tables
	counts map[*export.Export]forecasts.Counts
}

func newLander(s *syncer) *lander {
	return &lander{
		syncer: s, tables: forecasts.NewTables(s.wants, s.options, s.stream.insert),
		counts: map[*export.Export]forecasts.Counts{},
	}
}

// Land inspects a result whole, and then sends its rows.
func (l *lander) Land(ctx context.Context, e *export.Export, result *io.SectionReader, accept func(export.Landed) error) error {
	ctx, s := span(ctx, "sync.table."+forecasts.EntriesTable)
	defer s.End()
	found, err := forecasts.Inspect(ctx, result, l.asked(e))
	if err != nil {
		return l.judge("check", err)
	}
	err = accept(export.Landed{
		Quarter: found.Quarter, Start: found.Start, End: found.End, Shape: found.Shape, Entries: int64(found.Entries),
	})
	if err != nil {
		return err
	}
	counts, err := found.Emit(ctx, l.origin(e), l.tables)
	if err != nil {
		return l.judge("decode", err)
	}
	l.counts[e] = counts
	return nil
}

// asked is what is known of an export before its result is read.
func (l *lander) asked(e *export.Export) forecasts.Asked {
	a := forecasts.Asked{
		Quarter: e.Period, Format: e.Format, FileName: e.Job.FileName, Currency: e.Currency, JobCurrency: e.Job.Currency,
	}
	if q, ok := fiscal.Parse(e.Period); ok && l.spec.FiscalYearStartMonth > 0 {
		a.QuarterStart, a.QuarterEnd = q.Days(l.spec.FiscalYearStartMonth)
	}
	return a
}

// judge tells a result that is not what it should be from one that could not be read.
func (*lander) judge(step string, err error) error {
	err = fmt.Errorf("%s: %w", step, err)
	if forecasts.IsContent(err) {
		return &export.ContentError{Err: err, Damaged: forecasts.IsDamaged(err)}
	}
	return err
}

// origin is what all rows of an export share.
func (l *lander) origin(e *export.Export) forecasts.Origin {
	quarter := e.Quarter()
	at := e.ExportedAt
	if at.IsZero() {
		at = e.RequestedAt
	}
	year, month, day := at.In(l.spec.Location()).Date()
	return forecasts.Origin{
		ForecastID: e.ForecastID, ScopeID: e.ScopeID, RequestedCurrency: e.Currency, RequestedPeriod: quarter,
		JobID: e.Job.ID, ExportedAt: e.ExportedAt, JobCurrency: e.Job.Currency,
		SnapshotDate: time.Date(year, month, day, 0, 0, 0, 0, time.UTC),
	}
}

// Report sends what became of a planned export.
func (l *lander) Report(ctx context.Context, e *export.Export) error {
	counts, landed := l.counts[e]
	delete(l.counts, e)
	rows := func(n int64) table.Opt[int64] { return table.Opt[int64]{V: n, Valid: landed} }
	row := &forecasts.Export{
		ExportID: e.ID(), Outcome: string(e.Outcome),
		Types: e.Types, IncludeHistorical: table.Some(e.IncludeHistorical), Format: table.Some(e.Format),
		Status: table.NonZero(string(e.Job.Status)), Attempts: table.Some(int64(e.Attempts)), Polls: table.Some(int64(e.Polls)),
		RequestedAt: table.Micros(e.RequestedAt), StartedAt: table.Micros(e.Job.StartTime), EndedAt: table.Micros(e.Job.EndTime),
		ExpiresAt: table.Micros(e.Job.ExpiredTime), ResultShape: table.NonZero(e.Landed.Shape), ResultBytes: table.NonZero(e.ResultBytes),
		Entries: rows(counts.Entries), Users: rows(counts.Users), Fields: rows(counts.Fields),
		TimePeriods: rows(counts.TimePeriods), TimeFrames: rows(counts.TimeFrames),
		RowsTruncated: table.Ptr(e.Job.RowsTruncated), CellsTruncated: table.Ptr(e.Job.CellsTruncated),
		FileName: table.NonZero(e.Job.FileName),
	}
	if e.Err != nil {
		row.Error = table.Some(e.Err.Error())
	}
	return l.tables.Export(ctx, l.origin(e), row)
}

// Barrier makes destinations write out what was sent.
func (l *lander) Barrier(ctx context.Context) error {
	return l.stream.barrier(ctx)
}
