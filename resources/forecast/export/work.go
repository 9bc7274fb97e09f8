package export

import (
	"cmp"
	"context"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/cq-source-clari/cq-source-clari/client/clari"
	"github.com/cq-source-clari/cq-source-clari/client/fiscal"
	"github.com/cq-source-clari/cq-source-clari/client/job"
	"github.com/cq-source-clari/cq-source-clari/client/journal"
	"github.com/cq-source-clari/cq-source-clari/resources/forecast"
	"github.com/cq-source-clari/cq-source-clari/resources/forecast/plan"
	"github.com/cq-source-clari/cq-source-clari/resources/forecast/result"
	"github.com/cq-source-clari/cq-source-clari/resources/table"
)

// work is what is done for one item of the plan.
type work struct {
	job.Defaults
	*plan.Item
	k     *Kind
	state plan.State // of its place
}

// found is what one result turned out to hold.
type found struct {
	result.Found
	counts result.Counts
}

// foundIn is what the result of an export held; zero where none was read.
func foundIn(e *job.Export) *found {
	if f, ok := e.Found.(*found); ok {
		return f
	}
	return &found{}
}

// class: how long a job takes depends on how many people and weeks are in it.
func class(r plan.Request) string {
	history := "latest"
	if r.IncludeHistorical {
		history = "weeks"
	}
	return strings.Join(append([]string{"forecast", r.ForecastID, r.ScopeID, history, r.Format}, slices.Sorted(slices.Values(r.Types))...), " ")
}

// askedFor is what the job of an export was asked for: of one that has landed before that may be another request of the same place.
func (w *work) askedFor(e *job.Export) plan.Request {
	r := w.Request
	if e.There.Job == "" || e.There.Job != e.Job.ID {
		return r
	}
	r.Types, r.IncludeHistorical = e.There.Types, e.There.Whole
	if format := strings.ToLower(cmp.Or(e.Job.FileType, strings.TrimPrefix(path.Ext(e.Job.FileName), "."))); format == "csv" || format == "json" {
		r.Format = format
	}
	return r
}

// State is what is kept of the place.
func (w *work) State() any { return &w.state }

// Create asks Clari for the export.
func (w *work) Create(ctx context.Context, sending func(context.Context)) (string, error) {
	return w.k.Client.CreateForecastExport(ctx, w.ForecastID, clari.ForecastExport{
		TimePeriod: w.Period, Types: w.Types, ScopeID: w.ScopeID, Currency: w.Currency,
		IncludeHistorical: w.IncludeHistorical, Format: strings.ToUpper(w.Format),
	}, sending)
}

// Serves: what Clari chose as current is of another quarter once that is over. Its result lands all the same, as that quarter's: see learn. One that is too
// long to land, so that nobody asks for it, says nothing of the quarter by now. The end that is known may be that of a quarter before.
func (w *work) Serves(paid journal.PaidJob, j clari.Job) bool {
	planner, end := w.k.planner, w.state.End
	now := w.k.Client.ServerTime(time.Now())
	return w.Period != "" || j.ID != "" || !planner.Over(end, now) || planner.Over(end, paid.AskedAt)
}

// Landed keeps what a later sync has to know of the place. Of an older day it changes nothing.
func (w *work) Landed(e *job.Export) {
	f, s := foundIn(e), &w.state
	quarter := cmp.Or(w.Period, f.Quarter)
	defer w.k.planner.Landed(w.Item, quarter)
	again := e.There.Job == e.Job.ID
	if e.There.Job != "" && !again && e.ExportedAt.Before(e.There.ExportedAt) {
		return
	}
	s.Rows = w.rows(e)
	s.Quarter, s.HadRows, s.Shown, s.Weeks = quarter, s.HadRows || f.Entries > 0, f.Types, f.Weeks
	s.End = w.likelyEnd(f.Found)
	s.Locale = cmp.Or(f.Locale, w.locale(e))
	if f.LastWeek.Valid {
		s.WeekEnd = table.DayTime(f.LastWeek.V + 6)
	}
	if again {
		return
	}
	s.Jobs = e.Created
	s.AllNext = !w.IncludeHistorical && (s.AllNext || otherFamily(*s, f.Shape))
	s.Family = cmp.Or(plan.Family(f.Shape), s.Family)
	if w.IncludeHistorical {
		s.WholeOn = day(e.ExportedAt, w.k.Spec.Location())
	}
}

// likelyEnd is the last day of a result's quarter, as this result and those before make it likely; zero where they do not, and of other periods where the
// result does not tell it.
func (w *work) likelyEnd(f result.Found) time.Time {
	newest := time.Time{}
	if _, isQuarter := fiscal.Parse(cmp.Or(w.Period, f.Quarter)); isQuarter && f.LastWeek.Valid {
		newest = table.DayTime(f.LastWeek.V)
	}
	return plan.LikelyEnd(w.state, f.End, newest)
}

// otherFamily reports whether the ids of a result's shape cannot be compared with those of the place.
func otherFamily(s plan.State, shape string) bool {
	family := plan.Family(shape)
	return s.Family != "" && family != "" && family != s.Family
}

func day(at time.Time, zone *time.Location) time.Time {
	y, m, d := at.In(zone).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}

// rows are the rows of each of the result's tables that landed from an export's job: now, or when it landed before; -1 for a table that never did.
func (w *work) rows(e *job.Export) []int64 {
	c := foundIn(e).counts
	rows := []int64{c.Entries, c.Users, c.Fields, c.TimePeriods, c.TimeFrames}
	for i, name := range forecast.ResultTables {
		if slices.Contains(w.k.Wanted, name) {
			continue
		}
		rows[i] = -1
		if again := e.There.Job == e.Job.ID; again && i < len(w.state.Rows) {
			rows[i] = w.state.Rows[i]
		}
	}
	return rows
}

// label is the period of an export, as far as it is known: what users call it.
func (w *work) label(e *job.Export) string {
	return cmp.Or(w.Period, foundIn(e).Quarter, w.Item.Label())
}
