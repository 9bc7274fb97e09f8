package export

import (
	"cmp"
	"context"
	"time"

	"github.com/cq-source-clari/cq-source-clari/client/fiscal"
	"github.com/cq-source-clari/cq-source-clari/client/job"
	"github.com/cq-source-clari/cq-source-clari/resources/forecast"
	"github.com/cq-source-clari/cq-source-clari/resources/table"
)

// Report sends the row of clari_forecast_exports. A landing again keeps what the export has cost, and the counts of tables that it does not land.
func (w *work) Report(ctx context.Context, e *job.Export) error {
	w.tellPlanner(e)
	f, again := foundIn(e), e.Outcome == job.OutcomeAgain
	asked := w.askedFor(e)
	jobs := e.Created
	if again {
		jobs = w.state.Jobs
	}
	counts := w.rows(e)
	rows := func(i int) table.Opt[int64] {
		return table.Opt[int64]{V: counts[i], Valid: e.Landed() && counts[i] >= 0}
	}
	row := &forecast.Export{
		ExportID: e.ID(), Outcome: string(e.Outcome),
		JobsCreated: table.Some(int64(jobs)), Why: table.NonZero(cmp.Or(e.Decision.Why, w.Why)), NextTry: table.Day(e.NextTry),
		FirstWeekStart: f.FirstWeek, LastWeekStart: f.LastWeek,
		ValuesUnread: table.Opt[int64]{V: f.Values, Valid: f.Shape != ""}, LabelsUnknown: table.Opt[int64]{V: f.Labels, Valid: f.Shape != ""},
		Types: asked.Types, IncludeHistorical: table.Some(asked.IncludeHistorical), Format: table.Some(asked.Format),
		Status: table.NonZero(string(e.Job.Status)), Attempts: table.Some(int64(e.Attempts)), Polls: table.Some(int64(e.Polls)),
		RequestedAt: table.Micros(e.RequestedAt), StartedAt: table.Micros(e.Job.StartTime), EndedAt: table.Micros(e.Job.EndTime),
		ExpiresAt: table.Micros(e.Job.ExpiredTime), ResultShape: table.NonZero(f.Shape), ResultBytes: table.NonZero(e.ResultBytes),
		Entries: rows(0), Users: rows(1), Fields: rows(2), TimePeriods: rows(3), TimeFrames: rows(4),
		RowsTruncated: table.Ptr(e.Job.RowsTruncated), CellsTruncated: table.Ptr(e.Job.CellsTruncated),
		FileName: table.NonZero(e.Job.FileName),
	}
	if e.Err != nil {
		row.Error = table.Some(e.Err.Error())
	}
	return w.k.Tables.Export(ctx, w.origin(e), row)
}

// tellPlanner tells the plan which quarter a current one is that was not read, or why nobody knows.
func (w *work) tellPlanner(e *job.Export) {
	planner := w.k.planner
	switch {
	case w.Period != "":
	case e.Err != nil:
		planner.Failed(w.Item, e.Err)
	case !e.Landed() && w.state.Quarter != "" && !planner.Over(w.state.End, w.k.Client.ServerTime(time.Now())):
		planner.LearnCurrent(w.Tab, w.state.Quarter)
	}
}

// origin is what all rows of an export share.
func (w *work) origin(e *job.Export) forecast.Origin {
	exported := e.ExportedAt
	if exported.IsZero() {
		exported = e.Job.EndTime // of a result that failed
	}
	return forecast.Origin{
		ForecastID: w.ForecastID, ScopeID: w.ScopeID, RequestedCurrency: w.Currency, RequestedPeriod: w.period(e),
		JobID: e.Job.ID, ExportedAt: exported, SnapshotDate: day(cmp.Or(exported, e.RequestedAt), w.k.Spec.Location()),
	}
}

// period is what the export is about. Where Clari chose the quarter and nothing was read, the name of the job's file may tell it, or the day on which it was
// asked for, or the ledger.
func (w *work) period(e *job.Export) string {
	if period := cmp.Or(w.Period, foundIn(e).Quarter); period != "" {
		return period
	}
	if q, ok := fiscal.InFileName(e.Job.FileName); ok {
		return q.String()
	}
	if month := w.k.Spec.FiscalYearStartMonth; w.Likely == "" && month > 0 {
		return fiscal.Of(e.RequestedAt.In(w.k.Spec.Location()), month).String()
	}
	return cmp.Or(w.Likely, w.state.Quarter)
}
