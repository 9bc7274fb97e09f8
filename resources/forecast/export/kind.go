// Package export is the forecast export as a kind of job: what a plan asks Clari for, which listed job may be whose, what an earlier
// job is still good for, and what has to be remembered once rows have landed. Package plan decides what is exported, the result
// package reads what comes; this one knows neither waiting nor state backends, which are client/job's.
package export

import (
	"context"
	"time"

	"github.com/rs/zerolog"

	"github.com/cq-source-clari/cq-source-clari/client/clari"
	"github.com/cq-source-clari/cq-source-clari/client/job"
	"github.com/cq-source-clari/cq-source-clari/client/journal"
	"github.com/cq-source-clari/cq-source-clari/client/spec"
	"github.com/cq-source-clari/cq-source-clari/resources/forecast"
	"github.com/cq-source-clari/cq-source-clari/resources/forecast/plan"
	"github.com/cq-source-clari/cq-source-clari/resources/odd"
	"github.com/cq-source-clari/cq-source-clari/resources/table"
)

// Schema numbers the form of the forecast tables. It goes up when rows of settled quarters have to be landed anew. 2: entries tell
// who, which field and which week they are of, people are the same in all shapes, and users have another key.
const Schema = 2

// Config is what the kind needs.
type Config struct {
	Spec    *spec.Spec
	Client  *clari.Client
	Tables  *forecast.Tables
	Wanted  []string // names of the result's tables that are wanted; the journal remembers which ones landed
	Shard   plan.Shard
	Backend bool // there is a state backend
	Log     zerolog.Logger
}

// Kind is the forecast exports of one sync.
type Kind struct {
	Config
	planner *plan.Planner
	planned time.Time
	odd     odd.Told
}

var _ job.Kind = (*Kind)(nil)

// New returns the forecast exports of a sync that begins now.
func New(c Config) *Kind {
	return &Kind{Config: c, planned: time.Now().UTC().Truncate(time.Second)}
}

// Next is the next part of the plan.
func (k *Kind) Next(ctx context.Context, j *journal.Journal) (job.Batch, error) {
	if k.planner == nil {
		k.planner = plan.New(k.Spec, k.Shard, k.planned, func(key string, v any) { j.Load(ctx, key, v) })
		for _, p := range k.planner.Literals() {
			k.Log.Warn().Str("requested_period", p.Literal).
				Msg("a year or a month is passed to Clari as it is, and its result has to name it")
		}
	}
	exports, err := k.planner.Next()
	if err != nil {
		return job.Batch{}, err
	}
	batch := job.Batch{Later: k.planner.Later()}
	for _, e := range exports {
		batch.Exports = append(batch.Exports, job.NewExport(k, &subject{k: k, Export: e}, k.planned, e.Err))
	}
	return batch, nil
}

// Describe names exports by tab and ranges of quarters.
func (k *Kind) Describe(exports []*job.Export) string {
	planned := make([]*plan.Export, len(exports))
	for i, e := range exports {
		planned[i] = of(e).Export
	}
	return plan.Describe(planned)
}

// of is the subject of an export of this kind.
func of(e *job.Export) *subject { return e.Subject.(*subject) }

// Advice names the keys of the spec that help.
func (k *Kind) Advice() job.Advice {
	return job.Advice{
		Truncated: "ask for fewer types, set a scope_id further down the hierarchy, or export_format csv",
		Lacking:   "only refresh exports them again, without those who have left since",
	}
}

// Report sends the row of clari_forecast_exports.
func (k *Kind) Report(ctx context.Context, e *job.Export) error {
	s := of(e)
	if e.Err != nil { // the plan may read it meanwhile, but only of an export that has failed
		s.Err = e.Err
	}
	rows := func(n int64) table.Opt[int64] { return table.Opt[int64]{V: n, Valid: e.Landed()} }
	row := &forecast.Export{
		ExportID: e.ID(), Outcome: string(e.Outcome),
		JobsCreated: table.Some(int64(e.Attempts)), Why: table.NonZero(s.Why), FirstWeekStart: s.found.FirstWeek, LastWeekStart: s.found.LastWeek,
		ValuesUnread: table.Opt[int64]{V: s.found.Values, Valid: s.found.Shape != ""}, LabelsUnknown: table.Opt[int64]{V: s.found.Labels, Valid: s.found.Shape != ""},
		Types: s.Types, IncludeHistorical: table.Some(s.IncludeHistorical), Format: table.Some(s.Format),
		Status: table.NonZero(string(e.Job.Status)), Attempts: table.Some(int64(e.Attempts)), Polls: table.Some(int64(e.Polls)),
		RequestedAt: table.Micros(e.RequestedAt), StartedAt: table.Micros(e.Job.StartTime), EndedAt: table.Micros(e.Job.EndTime),
		ExpiresAt: table.Micros(e.Job.ExpiredTime), ResultShape: table.NonZero(s.found.Shape), ResultBytes: table.NonZero(e.ResultBytes),
		Entries: rows(s.counts.Entries), Users: rows(s.counts.Users), Fields: rows(s.counts.Fields),
		TimePeriods: rows(s.counts.TimePeriods), TimeFrames: rows(s.counts.TimeFrames),
		RowsTruncated: table.Ptr(e.Job.RowsTruncated), CellsTruncated: table.Ptr(e.Job.CellsTruncated),
		FileName: table.NonZero(e.Job.FileName),
	}
	if e.Err != nil {
		row.Error = table.Some(e.Err.Error())
	}
	return k.Tables.Export(ctx, s.origin(e), row)
}
