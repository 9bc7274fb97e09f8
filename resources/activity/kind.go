package activity

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/rs/zerolog"

	"github.com/cq-source-clari/cq-source-clari/client/clari"
	"github.com/cq-source-clari/cq-source-clari/client/job"
	"github.com/cq-source-clari/cq-source-clari/client/journal"
	"github.com/cq-source-clari/cq-source-clari/client/spec"
	"github.com/cq-source-clari/cq-source-clari/resources/table"
)

// Config is what the kind needs.
type Config struct {
	Spec    *spec.Spec // with its block activities
	Client  *clari.Client
	Tables  *Tables
	Wanted  []string // names of the result's tables that are wanted; the journal remembers which ones landed
	Backend bool     // there is a state backend
	About   func(opportunityID string)
	Log     zerolog.Logger
}

// Kind is the exports of activities of one sync: one for each window of days.
type Kind struct {
	Config
	planned time.Time
	done    bool
}

var _ job.Kind = (*Kind)(nil)

// New returns the exports of a sync that begins now.
func New(c Config) *Kind {
	return &Kind{Config: c, planned: time.Now().UTC().Truncate(time.Second)}
}

// Next is the plan, all at once: no window depends on what another one holds.
func (k *Kind) Next(ctx context.Context, j *journal.Journal) (job.Batch, error) {
	if k.done {
		return job.Batch{}, nil
	}
	k.done = true
	if !k.Backend {
		k.Log.Info().Str("table", ActivitiesTable).Msg("no state backend: every sync exports all windows of activities since the first day")
	}
	memories := map[Day]*memory{}
	load := func(start Day) *memory {
		if memories[start] == nil {
			memories[start] = &memory{}
			j.Load(ctx, k.key(start), memories[start])
		}
		return memories[start]
	}
	today := DayOf(k.Client.ServerTime(k.planned).In(k.Spec.Location()))
	plan := GridOf(k.Spec.Activities, today).Plan(today, func(start Day) (Landed, bool) { return load(start).landed() })
	var batch job.Batch
	for _, w := range plan {
		m := *load(w.Start)
		delete(memories, w.Start)
		if m.lacks(k.Wanted) { // all of it costs no more than a part
			w.From = min(w.From, m.Landed.From)
		}
		batch.Exports = append(batch.Exports, job.NewExport(k, &subject{k: k, Window: w, memory: &m}, k.planned, nil))
	}
	for _, start := range slices.Backward(slices.Sorted(maps.Keys(memories))) { // they have landed
		m := *memories[start]
		if !m.lacks(k.Wanted) {
			batch.Later = append(batch.Later, k.key(start)) // their jobs are nobody else's
			continue
		}
		w := Window{Start: start, End: start + Day(k.Spec.Activities.WindowDays), From: m.Landed.From, To: start + Day(k.Spec.Activities.WindowDays)}
		if m.Last != nil {
			w.From, w.To = m.Last.From, m.Last.To
		}
		batch.Exports = append(batch.Exports, job.NewExport(k, &subject{k: k, Window: w, memory: &m, lacking: true}, k.planned, nil))
	}
	return batch, nil
}

// key is that of a window in the journal: whatever changes what belongs to it is in it.
func (k *Kind) key(start Day) string {
	return "clari/activities/" + journal.Fingerprint(struct {
		BaseURL, TimeZone string
		Types             []string
		WindowDays        int
		Start             Day
	}{k.Spec.BaseURL, k.Spec.TimeZone, k.types(), k.Spec.Activities.WindowDays, start})
}

func (k *Kind) types() []string {
	types := make([]string, len(k.Spec.Activities.Types))
	for i, t := range k.Spec.Activities.Types {
		types[i] = strings.ToUpper(t)
	}
	slices.Sort(types)
	return types
}

// Describe names exports by days. Windows that touch are one stretch.
func (k *Kind) Describe(exports []*job.Export) string {
	windows := make([]Window, len(exports))
	for i, e := range exports {
		windows[i] = of(e).Window
	}
	slices.SortFunc(windows, func(a, b Window) int { return int(a.From - b.From) })
	var stretches []string
	for i := 0; i < len(windows); {
		first, last := windows[i].From, windows[i].To
		for i++; i < len(windows) && windows[i].From <= last; i++ {
			last = max(last, windows[i].To)
		}
		stretches = append(stretches, first.String()+".."+last.String())
	}
	return "activities " + strings.Join(stretches, ", ")
}

// Advice names the keys of the spec that help.
func (k *Kind) Advice() job.Advice {
	return job.Advice{
		Truncated: "set a smaller window_days, or ask for fewer types",
		Lacking:   "another window_days exports all windows again",
	}
}

// of is the subject of an export of this kind.
func of(e *job.Export) *subject { return e.Subject.(*subject) }

// Report sends the row of clari_activity_exports.
func (k *Kind) Report(ctx context.Context, e *job.Export) error {
	s := of(e)
	x := &Export{
		ExportID: e.ID(), Outcome: string(e.Outcome), JobID: table.NonZero(e.Job.ID), ExportedAt: table.Micros(e.ExportedAt), Types: k.types(),
		WindowStart: table.Some(int32(s.From)), WindowEnd: table.Some(int32(s.To)),
		JobsCreated: table.Some(int64(e.Attempts)), Why: table.Some(s.why()),
		Status: table.NonZero(string(e.Job.Status)), Attempts: table.Some(int64(e.Attempts)), Polls: table.Some(int64(e.Polls)),
		RequestedAt: table.Micros(e.RequestedAt), StartedAt: table.Micros(e.Job.StartTime), EndedAt: table.Micros(e.Job.EndTime),
		ExpiresAt: table.Micros(e.Job.ExpiredTime), ResultBytes: table.NonZero(e.ResultBytes),
		RowsTruncated: table.Ptr(e.Job.RowsTruncated), CellsTruncated: table.Ptr(e.Job.CellsTruncated), FileName: table.NonZero(e.Job.FileName),
	}
	if e.Landed() {
		x.Rows = s.counts
	}
	if e.Err != nil {
		x.Error = table.Some(e.Err.Error())
	}
	return k.Tables.Export(ctx, x)
}
