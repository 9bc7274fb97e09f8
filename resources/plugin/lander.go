package plugin

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"time"

	"github.com/cq-source-clari/cq-source-clari/client/export"
	"github.com/cq-source-clari/cq-source-clari/client/fiscal"
	"github.com/cq-source-clari/cq-source-clari/resources/forecast"
	"github.com/cq-source-clari/cq-source-clari/resources/forecast/result"
	"github.com/cq-source-clari/cq-source-clari/resources/forecast/result/fault"
	"github.com/cq-source-clari/cq-source-clari/resources/table"
)

// lander takes results from the export package to the destination, through the forecast tables.
type lander struct {
	*syncer
	tables   *forecast.Tables
	counts   map[*export.Export]result.Counts
	quarters map[*export.Export]string // of results that were read, landed or not
}

func newLander(s *syncer) *lander {
	return &lander{
		syncer: s, tables: forecast.NewTables(s.wants, s.options, s.stream.insert),
		counts: map[*export.Export]result.Counts{}, quarters: map[*export.Export]string{},
	}
}

// Land reads a result whole, and then sends its rows.
func (l *lander) Land(ctx context.Context, e *export.Export, content *io.SectionReader, accept func(export.Landed) error) error {
	ctx, s := span(ctx, "sync.table."+forecast.EntriesTable.Name)
	defer s.End()
	read, err := result.Read(ctx, content, l.asked(e))
	if err != nil {
		return l.judge("read", err)
	}
	defer read.Close()
	l.quarters[e] = read.Found.Quarter
	if err := read.Check(ctx); err != nil {
		return l.judge("check", err)
	}
	err = accept(export.Landed{
		Quarter: read.Found.Quarter, Start: read.Found.Start, End: read.Found.End, Shape: read.Found.Shape, Entries: int64(read.Found.Entries),
	})
	if err != nil {
		return err
	}
	counts, err := read.Emit(ctx, l.origin(e), l.tables)
	if err != nil {
		return l.judge("emit", err)
	}
	l.counts[e] = counts
	return nil
}

// asked is what is known of an export before its result is read.
func (l *lander) asked(e *export.Export) result.Asked {
	return result.Asked{
		Period: e.Period, Format: e.Format, FileName: e.Job.FileName, Currency: e.Currency, JobCurrency: e.Job.Currency,
		Calendar: l.days,
	}
}

// days are the first and last day of a quarter.
func (l *lander) days(quarter string) (start, end time.Time, ok bool) {
	q, ok := fiscal.Parse(quarter)
	if !ok || l.spec.FiscalYearStartMonth == 0 {
		return start, end, false
	}
	start, end = q.Days(l.spec.FiscalYearStartMonth)
	return start, end, true
}

// judge tells a result that is not what it should be from one that could not be read.
func (*lander) judge(step string, err error) error {
	err = fmt.Errorf("%s: %w", step, err)
	if fault.IsContent(err) {
		return &export.ContentError{Err: err, Damaged: fault.IsDamaged(err)}
	}
	return err
}

// origin is what all rows of an export share.
func (l *lander) origin(e *export.Export) forecast.Origin {
	at := e.ExportedAt
	if at.IsZero() {
		at = e.RequestedAt
	}
	year, month, day := at.In(l.spec.Location()).Date()
	return forecast.Origin{
		ForecastID: e.ForecastID, ScopeID: e.ScopeID, RequestedCurrency: e.Currency, RequestedPeriod: l.period(e),
		JobID: e.Job.ID, ExportedAt: e.ExportedAt,
		SnapshotDate: time.Date(year, month, day, 0, 0, 0, 0, time.UTC),
	}
}

// period is what the export is about. Of a quarter that Clari chose and whose export failed, the result may have told it, or the
// name of its file, or the day on which it was asked for.
func (l *lander) period(e *export.Export) string {
	if quarter := cmp.Or(e.Quarter(), l.quarters[e]); quarter != "" {
		return quarter
	}
	if q, ok := fiscal.InFileName(e.Job.FileName); ok {
		return q.String()
	}
	if month := l.spec.FiscalYearStartMonth; month > 0 && !e.RequestedAt.IsZero() {
		return fiscal.Of(e.RequestedAt.In(l.spec.Location()), month).String()
	}
	return ""
}

// Report sends what became of a planned export.
func (l *lander) Report(ctx context.Context, e *export.Export) error {
	counts, landed := l.counts[e]
	origin := l.origin(e)
	delete(l.counts, e)
	delete(l.quarters, e)
	rows := func(n int64) table.Opt[int64] { return table.Opt[int64]{V: n, Valid: landed} }
	row := &forecast.Export{
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
	return l.tables.Export(ctx, origin, row)
}

// Barrier makes destinations write out what was sent.
func (l *lander) Barrier(ctx context.Context) error {
	return l.stream.barrier(ctx)
}
