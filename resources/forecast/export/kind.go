// Package export is the forecast export as a kind of job: what a plan asks Clari for, which listed job may be whose, what a result has to hold, and what is
// kept of a place once its rows have landed. Package plan decides what is in the plan, the result package reads what comes; this one knows neither
// waiting nor state backends, which are client/job's.
package export

import (
	"context"
	"strings"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"github.com/cq-source-clari/cq-source-clari/client/clari"
	"github.com/cq-source-clari/cq-source-clari/client/job"
	"github.com/cq-source-clari/cq-source-clari/client/job/due"
	"github.com/cq-source-clari/cq-source-clari/client/journal"
	"github.com/cq-source-clari/cq-source-clari/client/spec"
	"github.com/cq-source-clari/cq-source-clari/resources/forecast"
	"github.com/cq-source-clari/cq-source-clari/resources/forecast/plan"
	"github.com/cq-source-clari/cq-source-clari/resources/odd"
)

// Schema numbers the form of the forecast tables. It goes up when rows of settled quarters have to be landed anew.
const Schema = 1

// Config is what the kind needs.
type Config struct {
	Spec    *spec.Spec
	Client  *clari.Client
	Tables  *forecast.Tables
	Wanted  []string // names of the result's tables that are wanted; the ledger has which ones landed
	Shard   plan.Shard
	Backend bool // there is a state backend
	Log     zerolog.Logger
}

// Kind is the forecast exports of one sync.
type Kind struct {
	Config
	planned time.Time
	odd     odd.Told
	mixed   sync.Map // tabs of which a change of shapes was told

	planner *plan.Planner
}

var _ job.Kind = (*Kind)(nil)

// New returns the forecast exports of a sync that begins now.
func New(c Config) *Kind {
	return &Kind{Config: c, planned: time.Now().UTC().Truncate(time.Second)}
}

// Next is the next part of the plan.
func (k *Kind) Next(ctx context.Context, ledger *journal.Journal) (job.Part, error) {
	if k.planner == nil {
		k.planner = plan.New(ctx, k.Spec, k.Shard, k.Client.ServerTime(k.planned), ledger)
		for _, p := range k.planner.Literals() {
			k.Log.Warn().Str("requested_period", p.Literal).Msg("a year or a month is passed to Clari as it is, and its result has to name it")
		}
	}
	items, err := k.planner.Next()
	if err != nil {
		return job.Part{}, err
	}
	return job.Part{Items: k.items(items), Later: k.items(k.planner.Later())}, nil
}

func (k *Kind) items(planned []*plan.Item) []job.Item {
	items := make([]job.Item, len(planned))
	for i, p := range planned {
		items[i] = k.item(p)
	}
	return items
}

// item is an item of the plan as the engine sees it.
func (k *Kind) item(p *plan.Item) job.Item {
	labels := []job.Label{{Name: "forecast_id", Value: p.ForecastID}, {Name: "requested_period", Value: p.Label()}}
	if p.ScopeID != "" {
		labels = append(labels, job.Label{Name: "scope_id", Value: p.ScopeID})
	}
	if p.Currency != "" {
		labels = append(labels, job.Label{Name: "currency", Value: p.Currency})
	}
	want := p.Item
	want.Wants = due.Wants{Types: p.Types, Whole: p.IncludeHistorical, Tables: k.Wanted, Schema: Schema}
	want.Daily = k.Spec.History
	return job.Item{
		Work: &work{Item: p, k: k},
		Name: p.Tab.String() + " period " + p.Label(), Labels: labels, Class: class(p.Request), Tab: p.ForecastID, Rank: p.Rank,
		Item: want, Request: p.Key, Ongoing: p.Ongoing, Err: p.Err,
	}
}

// Preview is the plan as far as it can be told before anything is asked of Clari; also where it would fail.
func (k *Kind) Preview(ctx context.Context, ledger *journal.Journal) (preview job.Preview, err error) {
	fresh := func() *plan.Planner { return plan.New(ctx, k.Spec, k.Shard, k.planned, ledger) }
	if _, err = fresh().Next(); k.Backend { // which may know the calendar
		err = nil
	}
	planner := fresh()
	planner.NameRelative()
	for {
		items, wrong := planner.Next()
		if wrong != nil || len(items) == 0 {
			break
		}
		preview.Items = append(preview.Items, k.items(items)...)
		for _, p := range items {
			if p.Err != nil {
				continue
			}
			preview.Second++ // nothing has settled yet
			if planner.Settling(p, k.planned) {
				continue
			}
			preview.Further++
			if label := p.Label(); label == "previous" || strings.HasPrefix(label, "current-") { // which quarter that is nobody has said yet
				preview.Settling = append(preview.Settling, label)
			}
		}
	}
	if ranges := planner.Uncertain(); len(ranges) > 0 {
		preview.Most = true
		preview.Problems = append(preview.Problems, "how many quarters are in "+strings.Join(ranges, ", ")+
			" depends on the fiscal year, the most are planned; write fiscal_year_start_month, which tells")
	}
	return preview, err
}

// Describe names exports by tab and ranges of quarters.
func (k *Kind) Describe(exports []*job.Export) string {
	named := make([]plan.Named, len(exports))
	for i, e := range exports {
		w := e.Work.(*work)
		named[i] = plan.Named{Tab: w.Tab, Period: w.label(e)}
	}
	return plan.Describe(named)
}

// Advice names the keys of the spec that help.
func (k *Kind) Advice() job.Advice {
	return job.Advice{
		Truncated: "ask for fewer types, set a scope_id further down the hierarchy, or export_format csv",
		Lacking:   "only refresh exports them again, without those who have left since",
	}
}
