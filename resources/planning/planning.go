// Package planning tells what a sync of a spec would export, what that would cost and how long it would take, before anything is spent. Which exports
// there are is for the kinds to say: forecast/plan and activity. This package asks Clari for limits and for finished jobs, reckons, and prints.
package planning

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/cq-source-clari/cq-source-clari/client/clari"
	"github.com/cq-source-clari/cq-source-clari/client/spec"
	"github.com/cq-source-clari/cq-source-clari/resources/activity"
	"github.com/cq-source-clari/cq-source-clari/resources/forecast/export"
	"github.com/cq-source-clari/cq-source-clari/resources/forecast/plan"
)

// Plan is what a sync would do. Its JSON is what --json prints.
type Plan struct {
	Exports  []Export `json:"exports"` // in the order of a sync
	Cost     int      `json:"cost"`    // exports of the quota; with a state backend the most that it can be
	Quota    Quota    `json:"quota"`
	Seconds  *int     `json:"seconds"`  // that the exports take; null: not known
	Problems []string `json:"problems"` // what is wrong, and what could not be asked

	backend    bool
	most       bool     // the number of quarters is not known: Cost is the most that it can be
	reserve    int      // exports of the quota to leave for others
	settleDays int      // see the spec
	later      int      // what each sync costs from the third on where there is a state backend
	untimed    []string // what the list of jobs has no finished job of
	failed     error    // why a sync of this spec fails
}

// Export is one export, of a forecast or of activities.
type Export struct {
	ForecastID string `json:"forecast_id,omitzero"`
	Currency   string `json:"currency,omitzero"`
	ScopeID    string `json:"scope_id,omitzero"`
	// A quarter such as "2026_Q1", or where it is not known which one is current, its name: "current-4".
	RequestedPeriod string `json:"requested_period,omitzero"`
	Why             string `json:"why"`
	WindowStart     string `json:"window_start,omitzero"` // days: 2026-01-31
	WindowEnd       string `json:"window_end,omitzero"`
}

// Quota is the quota of exports in 30 days. What is not known is null.
type Quota struct {
	Left  *int `json:"left"`
	After *int `json:"after"` // a sync; below zero: so many exports are lacking
	// By syncs a day: the day on which a sync no longer fits; null also where that does not come within 30 days, when the first exports are given back.
	EndsOn map[int]*string `json:"ends_on"`
}

// Config is what a plan is made from.
type Config struct {
	Spec                  *spec.Spec
	Forecasts, Activities bool          // which exports the selected tables need
	Backend               bool          // there is a state backend, which is not read
	Client                *clari.Client // nil: nobody is asked
	Now                   time.Time
}

// Make makes the plan. It sends two requests, which cost no quota. What Clari does not answer is a problem of the plan, not an error.
func Make(ctx context.Context, c Config) *Plan {
	p := &Plan{Exports: []Export{}, Problems: []string{}, backend: c.Backend, reserve: c.Spec.QuotaReserve, settleDays: c.Spec.SettleDays}
	limits, jobs := p.ask(ctx, c.Client)
	forecasts, again := p.forecasts(c)
	windows := p.activities(c)
	p.Cost = len(forecasts) + len(windows)
	second := p.Cost
	if c.Backend {
		second = len(forecasts) + min(len(windows), 1) // no quarter has settled, but all windows have landed
	}
	p.later = again + min(len(windows), 1)
	if jobs != nil {
		p.time(c.Spec, limits, durations(forecasts, windows, jobs, &p.untimed))
	}
	p.quota(limits.AvailableMonthlyQuota, c, func(sync int) int {
		switch {
		case sync == 0 || !c.Backend:
			return p.Cost
		case sync == 1:
			return second
		}
		return p.later
	})
	return p
}

// ask asks for the limits and for the jobs that have finished. With a key that is refused nothing else is asked.
func (p *Plan) ask(ctx context.Context, client *clari.Client) (limits clari.Limits, jobs []clari.Job) {
	if client == nil {
		return limits, nil
	}
	limits, err := client.Limits(ctx)
	switch {
	case err != nil:
		p.problem("what is left of the quota could not be asked: %v", err)
	case limits.AvailableMonthlyQuota == nil:
		p.problem("Clari does not tell what is left of the quota")
	}
	if errors.Is(err, clari.ErrUnauthorized) {
		return limits, nil
	}
	if jobs, err = client.Jobs(ctx); err != nil {
		p.problem("how long exports take could not be asked: %v", err)
	}
	return limits, jobs
}

func (p *Plan) problem(format string, args ...any) {
	p.Problems = append(p.Problems, fmt.Sprintf(format, args...))
}

// fail notes why a sync of the spec fails.
func (p *Plan) fail(err error) {
	p.failed = errors.Join(p.failed, err)
	if invalid, ok := errors.AsType[*spec.InvalidError](err); ok {
		for _, problem := range invalid.Problems {
			p.problem("invalid spec: %s", problem)
		}
		return
	}
	p.problem("%v", err)
}

// forecasts plans as a sync does that knows no earlier one. again is how many exports a later sync still makes, once a state backend knows
// which quarters have settled.
func (p *Plan) forecasts(c Config) (exports []*plan.Export, again int) {
	if !c.Forecasts {
		return nil, 0
	}
	fresh := func() *plan.Planner { return plan.New(c.Spec, plan.Shard{}, c.Now, func(string, any) {}) }
	if _, err := fresh().Next(); err != nil && !c.Backend { // a state backend may know the calendar
		p.fail(err)
		return nil, 0
	}
	planner := fresh()
	planner.NameRelative()
	for {
		batch, err := planner.Next()
		if err != nil || len(batch) == 0 {
			if ranges := planner.Uncertain(); len(ranges) > 0 {
				p.most = true
				p.problem("how many quarters are in %s depends on the fiscal year, the most are planned: fiscal_year_start_month would tell", strings.Join(ranges, ", "))
			}
			return exports, again
		}
		for _, e := range batch {
			if e.Err != nil {
				p.fail(fmt.Errorf("%s: %w", e.Tab, e.Err))
				continue
			}
			exports = append(exports, e)
			if !planner.Settling(e, c.Now) {
				again++
			}
			p.Exports = append(p.Exports, Export{
				ForecastID: e.ForecastID, Currency: e.Currency, ScopeID: e.ScopeID, RequestedPeriod: e.Label(), Why: e.Why,
			})
		}
	}
}

// activities are the windows of days, all of which are exported by a sync that knows no earlier one.
func (p *Plan) activities(c Config) []activity.Window {
	if !c.Activities {
		return nil
	}
	today := activity.DayOf(c.Now.In(c.Spec.Location()))
	windows := activity.GridOf(c.Spec.Activities, today).Plan(today, func(activity.Day) (l activity.Landed, ok bool) { return l, false })
	for _, w := range windows {
		why := plan.WhyBackfill
		if w.Newest {
			why = "newest"
		}
		p.Exports = append(p.Exports, Export{Why: why, WindowStart: w.From.String(), WindowEnd: w.To.String()})
	}
	return windows
}

// Fits tells whether a sync would do all of the plan, as far as is known.
func (p *Plan) Fits() error {
	switch {
	case p.failed != nil:
		return p.failed
	case p.Quota.Left != nil && p.Cost > *p.Quota.Left-p.reserve:
		reserve := ""
		if p.reserve > 0 {
			reserve = fmt.Sprintf(", of which quota_reserve keeps %d", p.reserve)
		}
		return fmt.Errorf("plan: %s do not fit the quota: %d left%s", exportsOf(p.Cost), *p.Quota.Left, reserve)
	}
	return nil
}

// durations are how long the job of each export will run, in the order of the plan: the median of the finished jobs like it, 0 where there are
// none. What there are none of is added to untimed, once.
func durations(forecasts []*plan.Export, windows []activity.Window, jobs []clari.Job, untimed *[]string) (all []time.Duration) {
	known := map[string]time.Duration{}
	add := func(name string, likely func(clari.Job) bool) {
		took, ok := known[name]
		if !ok {
			if took = median(jobs, likely); took == 0 {
				*untimed = append(*untimed, name)
			}
			known[name] = took
		}
		all = append(all, took)
	}
	for _, e := range forecasts {
		add(e.ForecastID, func(j clari.Job) bool { return export.Likely(e.Request, j) })
	}
	for range windows {
		add("activities", activity.Likely)
	}
	return all
}
