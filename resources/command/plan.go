package command

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/cq-source-clari/cq-source-clari/client/spec"
	"github.com/cq-source-clari/cq-source-clari/resources/specfile"
)

func planCommand(env Env) *cobra.Command {
	asJSON := false
	c := &cobra.Command{
		Use: "plan SPEC...", Short: "Show what a sync would export, and what it would cost",
		Long: `Show what a sync of a spec would export, in which order, what is left of the quota of
exports after it, and how long it would take. It fails for all that check fails for, and
asks Clari for the same two things, neither of which costs anything.

It exits with 1 if a sync of the spec would fail, or if the plan does not fit the quota.`,
		Example: `  # Plan the sync of a spec
  cq-source-clari plan ./clari.yml

  # Plan with the documents of a directory, for machines
  cq-source-clari plan ./directory --json`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			cmd.SilenceUsage = true
			p := Make(examine(cmd.Context(), args, env), time.Now())
			var err error
			if asJSON {
				encoder := json.NewEncoder(cmd.OutOrStdout())
				encoder.SetEscapeHTML(false)
				encoder.SetIndent("", "  ")
				err = encoder.Encode(p)
			} else {
				err = p.Write(cmd.OutOrStdout())
			}
			if err != nil {
				return err
			}
			return p.Fits()
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print the plan as JSON")
	return c
}

// Plan is what a sync would do. Its JSON is what --json prints.
type Plan struct {
	Exports  []Export `json:"exports"` // in the order of a sync
	Cost     int      `json:"cost"`    // exports of the quota; with a state backend the most that it can be
	Quota    Quota    `json:"quota"`
	Seconds  *int     `json:"seconds"`  // that the exports take; null: not known
	Problems []string `json:"problems"` // what is wrong, and what could not be asked

	found      *examined
	planned    bool     // there is a plan: the plugin's own spec is valid
	backend    bool     // there is a state backend, which is not read
	most       bool     // the number of quarters is not known: Cost is the most that it can be
	reserve    int      // exports of the quota to leave for others
	settleDays int      // see the spec
	later      int      // what each sync costs from the third on where there is a state backend
	settling   []string // quarters counted from the current one that a state backend may know as settled: "previous", "current-4"
	untimed    []string // what the list of jobs has no finished job of
}

// Export is one export: what its kind calls it, and why it is in the plan.
type Export struct {
	Name       string `json:"name,omitzero"` // of one that is neither of a forecast nor of a window
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

// Config is what the quota is reckoned from.
type Config struct {
	Spec    *spec.Spec
	Backend bool // there is a state backend, which is not read
	Now     time.Time
}

// Make makes the plan of what was examined. Where the plugin's own spec is not valid it has problems alone.
func Make(e *examined, now time.Time) *Plan {
	p := &Plan{Exports: []Export{}, Problems: []string{}, found: e}
	defer func() {
		for _, problem := range e.problems {
			p.Problems = append(p.Problems, problem.String())
		}
	}()
	if e.Spec == nil {
		p.quota(nil, Config{}, nil)
		return p
	}
	c := Config{Spec: e.Spec, Backend: e.Source.BackendOptions != nil, Now: now}
	p.planned, p.backend, p.reserve, p.settleDays = true, c.Backend, c.Spec.QuotaReserve, c.Spec.SettleDays
	items := p.items(e.Previews)
	p.Cost = len(items)
	second := p.Cost
	if c.Backend {
		second = 0
	}
	for _, preview := range e.Previews {
		if c.Backend {
			second += preview.Second
		}
		p.later += preview.Further
	}
	if e.jobs != nil {
		p.time(c.Spec, e.limits, durations(items, e.jobs, &p.untimed))
	}
	p.quota(e.limits.AvailableMonthlyQuota, c, func(sync int) int {
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

// Fits tells whether a sync would do all of the plan, as far as is known.
func (p *Plan) Fits() error {
	if err := p.found.failed(); err != nil {
		return refusal("plan", err)
	}
	if p.Quota.Left != nil && p.Cost > *p.Quota.Left-p.reserve {
		reserve := ""
		if p.reserve > 0 {
			reserve = fmt.Sprintf(", of which quota_reserve keeps %d", p.reserve)
		}
		return fmt.Errorf("plan: %s do not fit the quota: %d left%s", exportsOf(p.Cost), *p.Quota.Left, reserve)
	}
	return nil
}

// fail notes why a sync of the spec fails, which only planning it tells.
func (p *Plan) fail(place string, err error) {
	p.found.problems = append(p.found.problems, specfile.Problem{Place: place, Text: err.Error(), Fatal: true})
}
