package command

import (
	"fmt"
	"strings"
	"time"

	"github.com/cq-source-clari/cq-source-clari/client/clari"
	"github.com/cq-source-clari/cq-source-clari/client/spec"
	"github.com/cq-source-clari/cq-source-clari/resources/activity"
	"github.com/cq-source-clari/cq-source-clari/resources/forecast/export"
	"github.com/cq-source-clari/cq-source-clari/resources/forecast/plan"
)

// What the kinds of exports are asked is in this file: which exports a sync makes, and which finished jobs are like them.

func newPlanner(s *spec.Spec, now time.Time) *plan.Planner {
	return plan.New(s, plan.Shard{}, now, func(string, any) {})
}

// canPlan tells why no forecast could be planned by a sync that has no state backend to remember which quarter is current.
func canPlan(s *spec.Spec, now time.Time) error {
	_, err := newPlanner(s, now).Next()
	return err
}

// forecasts plans as a sync does that knows no earlier one. again is how many exports a later sync still makes, once a state backend knows
// which quarters have settled.
func (p *Plan) forecasts(c Config) (exports []*plan.Export, again int) {
	if !c.Forecasts {
		return nil, 0
	}
	planner := newPlanner(c.Spec, c.Now)
	planner.NameRelative()
	for {
		batch, err := planner.Next()
		if err != nil || len(batch) == 0 {
			if ranges := planner.Uncertain(); len(ranges) > 0 {
				p.most = true
				p.found.problem(false, p.found.Place+": spec.periods", "how many quarters are in %s depends on the fiscal year, the most are planned; write fiscal_year_start_month, which tells",
					strings.Join(ranges, ", "))
			}
			return exports, again
		}
		for _, e := range batch {
			if e.Err != nil {
				p.fail(p.found.Place+": spec.periods", fmt.Errorf("%s: %w", e.Tab, e.Err))
				continue
			}
			exports = append(exports, e)
			switch label := e.Label(); {
			case planner.Settling(e, c.Now):
			case label == "previous" || strings.HasPrefix(label, "current-"): // which quarter that is nobody has said yet
				p.settling = append(p.settling, label)
				again++
			default:
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
