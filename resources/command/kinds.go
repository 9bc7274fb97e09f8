package command

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/cq-source-clari/cq-source-clari/client/clari"
	"github.com/cq-source-clari/cq-source-clari/client/job"
	"github.com/cq-source-clari/cq-source-clari/client/journal"
	"github.com/cq-source-clari/cq-source-clari/resources/specfile"
)

// What the kinds of exports are asked is in this file, which knows none of them by name: which exports a sync makes that knows no earlier one, and which
// finished jobs are like them.

// preview asks the kinds for their plans. A kind whose plan cannot be made is a problem.
func preview(kinds []job.Kind) (previews []job.Preview, problems []specfile.Problem) {
	nothing := journal.Open(context.Background(), nil, func(error) {})
	for _, kind := range kinds {
		p, err := kind.Preview(context.Background(), nothing)
		if err != nil {
			problems = append(problems, specfile.Problem{Place: "spec.periods", Text: strings.TrimPrefix(err.Error(), "plan: "), Fatal: true})
		}
		previews = append(previews, p)
	}
	return previews, problems
}

// items are the exports that can be asked for, of all kinds.
func (p *Plan) items(previews []job.Preview) (items []job.Item) {
	for _, preview := range previews {
		p.most = p.most || preview.Most
		p.settling = append(p.settling, preview.Settling...)
		for _, text := range preview.Problems {
			p.found.problem(false, p.found.Place+": spec.periods", "%s", text)
		}
		for _, item := range preview.Items {
			if item.Err != nil {
				p.fail(p.found.Place+": spec.periods", fmt.Errorf("%s: %w", item.Name, item.Err))
				continue
			}
			items = append(items, item)
			p.Exports = append(p.Exports, exportOf(item))
		}
	}
	return items
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

// durations are how long the job of each export will run, in the order of the plan: the median of the finished jobs like it, 0 where there are
// none. What there are none of is added to untimed, once.
func durations(items []job.Item, jobs []clari.Job, untimed *[]string) (all []time.Duration) {
	known := map[string]time.Duration{}
	for _, item := range items {
		took, ok := known[item.Tab]
		if !ok {
			if took = median(jobs, item.Similar); took == 0 {
				*untimed = append(*untimed, item.Tab)
			}
			known[item.Tab] = took
		}
		all = append(all, took)
	}
	return all
}
