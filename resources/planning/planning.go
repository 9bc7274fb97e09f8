// Package planning tells what a sync of a spec would export, what that would cost and how long it would take, before anything is spent. Which exports
// there are is for the kinds to say, of which this package knows none by name. It asks Clari for limits and for finished jobs, reckons, and prints.
package planning

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/cq-source-clari/cq-source-clari/client/clari"
	"github.com/cq-source-clari/cq-source-clari/client/job"
	"github.com/cq-source-clari/cq-source-clari/client/journal"
	"github.com/cq-source-clari/cq-source-clari/client/spec"
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

// Export is one export: its labels, and why it is in the plan.
type Export struct {
	Name string `json:"name,omitzero"` // of one that is neither of a forecast nor of a window

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
	Spec    *spec.Spec
	Kinds   []job.Kind    // of the exports that the selected tables need
	Backend bool          // there is a state backend, which is not read
	Client  *clari.Client // nil: nobody is asked
	Now     time.Time
}

// Make makes the plan. It sends two requests, which cost no quota. What Clari does not answer is a problem of the plan, not an error.
func Make(ctx context.Context, c Config) *Plan {
	p := &Plan{Exports: []Export{}, Problems: []string{}, backend: c.Backend, reserve: c.Spec.QuotaReserve, settleDays: c.Spec.SettleDays}
	limits, jobs := p.ask(ctx, c.Client)
	items, second := p.preview(ctx, c)
	p.Cost = len(items)
	if !c.Backend {
		second = p.Cost
	}
	if jobs != nil {
		p.time(c.Spec, limits, durations(items, jobs, &p.untimed))
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

// preview asks the kinds what a sync makes that knows no earlier one, and how many exports a second one makes.
func (p *Plan) preview(ctx context.Context, c Config) (items []job.Item, second int) {
	nothing := journal.Open(ctx, nil, func(error) {})
	for _, kind := range c.Kinds {
		preview, err := kind.Preview(ctx, nothing)
		if err != nil {
			p.fail(err)
			continue
		}
		p.most = p.most || preview.Most
		p.Problems = append(p.Problems, preview.Problems...)
		second += preview.Second
		p.later += preview.Further
		for _, item := range preview.Items {
			if item.Err != nil {
				p.fail(fmt.Errorf("%s: %w", item.Name, item.Err))
				continue
			}
			items = append(items, item)
			p.Exports = append(p.Exports, exportOf(item))
		}
	}
	return items, second
}

func exportOf(item job.Item) Export {
	e := Export{Why: item.Why}
	members := map[string]*string{
		"forecast_id": &e.ForecastID, "currency": &e.Currency, "scope_id": &e.ScopeID, "requested_period": &e.RequestedPeriod,
		"window_start": &e.WindowStart, "window_end": &e.WindowEnd,
	}
	for _, label := range item.Labels {
		if member := members[label.Name]; member != nil {
			*member = label.Value
		}
	}
	if e.ForecastID == "" && e.WindowStart == "" {
		e.Name = item.Name
	}
	return e
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
func durations(items []job.Item, jobs []clari.Job, untimed *[]string) (all []time.Duration) {
	known := map[string]time.Duration{}
	for _, item := range items {
		took, ok := known[item.Tab]
		if !ok {
			if m, isMatcher := item.Work.(job.Matcher); isMatcher {
				took = median(jobs, m.Similar)
			}
			if took == 0 {
				*untimed = append(*untimed, item.Tab)
			}
			known[item.Tab] = took
		}
		all = append(all, took)
	}
	return all
}
