package export

import (
	"cmp"
	"context"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/cq-source-clari/cq-source-clari/client/clari"
	"github.com/cq-source-clari/cq-source-clari/client/job"
	"github.com/cq-source-clari/cq-source-clari/client/journal"
	"github.com/cq-source-clari/cq-source-clari/client/spec"
	"github.com/cq-source-clari/cq-source-clari/resources/forecast/plan"
	"github.com/cq-source-clari/cq-source-clari/resources/forecast/result"
)

// subject is one planned export as the engine sees it.
type subject struct {
	*plan.Export
	k     *Kind
	prior bool // an old result: what it says of the present is out of date

	found  result.Found
	counts result.Counts
}

var _ job.Subject = (*subject)(nil)

func (s *subject) String() string { return s.Tab.String() + " period " + s.Label() }

func (s *subject) Labels() []job.Label {
	labels := []job.Label{{Name: "forecast_id", Value: s.ForecastID}, {Name: "requested_period", Value: s.Label()}}
	if s.ScopeID != "" {
		labels = append(labels, job.Label{Name: "scope_id", Value: s.ScopeID})
	}
	if s.Currency != "" {
		labels = append(labels, job.Label{Name: "currency", Value: s.Currency})
	}
	return labels
}

func (s *subject) Key() string   { return s.Export.Key }
func (s *subject) Memory() any   { return &s.Export.Memory }
func (s *subject) Refresh() bool { return s.Export.Refresh }

// Class: how long a job takes depends on how many people and weeks are in it.
func (s *subject) Class() string {
	history := "latest"
	if s.IncludeHistorical {
		history = "weeks"
	}
	return strings.Join(append([]string{"forecast", s.ForecastID, s.ScopeID, history, s.Format}, slices.Sorted(slices.Values(s.Types))...), " ")
}

func (s *subject) Copy() job.Subject {
	copied := *s.Export
	copied.Memory.Settled = slices.Clone(copied.Memory.Settled)
	return &subject{Export: &copied, k: s.k, prior: true}
}

func (s *subject) Create(ctx context.Context, sending func(context.Context)) (string, error) {
	return s.k.Client.CreateForecastExport(ctx, s.ForecastID, clari.ForecastExport{
		TimePeriod: s.Period, Types: s.Types, ScopeID: s.ScopeID, Currency: s.Currency,
		IncludeHistorical: s.IncludeHistorical, Format: strings.ToUpper(s.Format),
	}, sending)
}

// Standing: a quarter that has settled is not exported again.
func (s *subject) Standing() job.Standing {
	switch {
	case !s.k.Backend || !s.k.planner.Settled(s.Export):
		return job.Due
	case s.Complete(s.k.Wanted, Schema):
		return job.Settled
	}
	return job.Lacking
}

// Made goes by what the list tells: module, file name where there is one, file type and currency. Types and weeks are not in it.
func (s *subject) Made(j clari.Job) bool {
	return !s.Shared && isForecast(j) && (j.FileName == "" || s.named(j.FileName)) && sameFormat(s.Request, j) && s.sameCurrency(j)
}

// sameCurrency: without one Clari takes the tab's own, which the list tells and nobody knows. It is not one that is asked for apart.
func (s *subject) sameCurrency(j clari.Job) bool {
	if s.Currency != "" || j.Currency == "" {
		return j.Currency == "" || strings.EqualFold(j.Currency, s.Currency)
	}
	return !slices.ContainsFunc(s.k.Spec.Forecasts, func(f spec.Forecast) bool {
		return f.ID == s.ForecastID && strings.EqualFold(f.Currency, j.Currency)
	})
}

// Likely: the file's name tells the tab.
func (s *subject) Likely(j clari.Job) bool { return Likely(s.Request, j) }

// Likely tells whether a listed job took about as long as one for this request will.
func Likely(r plan.Request, j clari.Job) bool {
	rest, ok := strings.CutPrefix(j.FileName, filePrefix+r.ForecastID+"_")
	return ok && isForecast(j) && quarterPrefix.MatchString(rest) && sameFormat(r, j)
}

func isForecast(j clari.Job) bool {
	return strings.EqualFold(j.Module, "FORECAST") || j.Module == "" && j.FileName != ""
}

func sameFormat(r plan.Request, j clari.Job) bool {
	format := j.FileType
	if _, ending, ok := strings.Cut(j.FileName, "."); ok && format == "" {
		format = ending
	}
	return format == "" || strings.EqualFold(format, r.Format)
}

// Clari names files clari_export_forecast_<forecast>_<period><digits>_<day>_<time>.json (its API reference, job example).
const filePrefix = "clari_export_forecast_"

var quarterPrefix = regexp.MustCompile(`^\d{4}_Q[1-4]`)

// named tells whether an export file belongs to the tab and period of s.
func (s *subject) named(file string) bool {
	rest, ok := strings.CutPrefix(file, filePrefix+s.ForecastID+"_")
	if !ok {
		return false
	}
	if period := cmp.Or(s.Period, s.Export.Likely); period != "" {
		return strings.HasPrefix(rest, period)
	}
	return quarterPrefix.MatchString(rest) // not another tab whose name begins with this one's
}

// Rival: another export of the same tab and period. A quarter that is not known may be any.
func (s *subject) Rival(other job.Subject, j clari.Job) bool {
	o, ok := other.(*subject)
	if !ok || o.ForecastID != s.ForecastID {
		return false
	}
	mine, theirs := cmp.Or(s.Period, s.Export.Likely), cmp.Or(o.Period, o.Export.Likely)
	return mine == theirs || mine == "" || theirs == "" || j.FileName == ""
}

// freshFor is how long after its end a result that has not landed is still what a new export would give.
const freshFor = 6 * time.Hour

// Use: a result that is final serves for as long as it lives, another one while it is fresh. Under history its day is lost unless it lands.
func (s *subject) Use(e *job.Export, j clari.Job, unread bool) job.Use {
	now := s.k.Client.ServerTime(time.Now())
	planner, end := s.k.planner, s.Export.Memory.End
	// Whether another quarter is current now than when the job was asked for. The end that is known may be that of one before.
	over := s.Period == "" && planner.Over(end, now) && !planner.Over(end, e.AskedAt())
	if j.Status.Phase() != clari.PhaseDone {
		if over {
			return job.Drop
		}
		return job.Land
	}
	ended := j.EndTime
	if ended.IsZero() {
		ended = e.AskedAt()
	}
	switch {
	case !over && (unread || now.Sub(ended) < freshFor || s.Period != "" && !s.Refresh() && planner.Final(planner.EndOf(s.Export), ended)):
		return job.Land
	case s.k.Spec.History:
		return job.Renew
	}
	return job.Drop
}

// Landed brings up to date what is remembered of the quarter, the watched quarters and the calendar.
func (s *subject) Landed(e *job.Export, j *journal.Journal) {
	planner := s.k.planner
	known := &s.Export.Memory
	known.Tables, known.Schema, known.Types, known.Weeks = s.k.Wanted, Schema, s.found.Types, s.found.Weeks
	planner.Landed(s.Export, e.ExportedAt)
	planner.Watch(s.Export, j.Save)
	j.Save(planner.CalendarKey(), planner.Calendar)
}
