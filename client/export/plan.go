package export

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"slices"
	"strings"
	"time"

	"github.com/cq-source-clari/cq-source-clari/client/fiscal"
	"github.com/cq-source-clari/cq-source-clari/client/spec"
)

// Shard is the part of the tabs that this process exports: Num of Total, counted from 1. The zero value is all of them.
type Shard struct {
	Num, Total int
}

// has assigns whole tabs by a hash that never changes, since an export that moved to another shard would lose its rows there to
// the CLI's deletion of stale ones.
func (s Shard) has(t Tab) bool {
	if s.Total <= 1 {
		return true
	}
	h := fnv.New32a()
	h.Write([]byte(t.ForecastID + "\x00" + t.ScopeID + "\x00" + t.Currency))
	return int(h.Sum32()%uint32(s.Total)) == s.Num-1
}

// planner turns the spec into exports. What it plans comes in two parts: the current quarters, for which Clari is asked, and the
// rest, which can only be named once it is known which quarter is current.
type planner struct {
	spec    *spec.Spec
	journal *journal
	cal     *calendar
	today   time.Time // a day in the spec's time zone
	now     time.Time
	tabs    []plannedTab
	refresh []spec.Period

	elsewhere []string // forecasts of which other shards have tabs
}

type plannedTab struct {
	spec.Forecast
	Tab
	periods []spec.Period
	current bool     // its current quarter is exported by asking Clari
	watched []string // quarters once exported as current and not settled yet
}

// maxWatched: a quarter is watched until it is settled, but not for ever.
const maxWatched = 8

func newPlanner(ctx context.Context, s *spec.Spec, shard Shard, j *journal, cal *calendar, now time.Time) *planner {
	p := &planner{spec: s, journal: j, cal: cal, now: now, today: day(now, s.Location()), refresh: s.ParsedRefresh()}
	for _, f := range s.Forecasts {
		tab := plannedTab{Forecast: f, Tab: Tab{f.ID, f.ScopeID, f.Currency}, periods: f.ParsedPeriods(s)}
		if !shard.has(tab.Tab) {
			p.elsewhere = append(p.elsewhere, f.ID)
			continue
		}
		tab.current = slices.ContainsFunc(tab.periods, includesCurrent)
		j.load(ctx, tabKey(s.BaseURL, tab.Tab), &tab.watched)
		tab.watched = slices.DeleteFunc(tab.watched, func(label string) bool {
			_, ok := fiscal.Parse(label)
			return !ok
		})
		p.tabs = append(p.tabs, tab)
	}
	return p
}

// literals are the periods of the plan in no form that is known.
func (p *planner) literals() []spec.Period {
	var found []spec.Period
	for _, tab := range p.tabs {
		for _, period := range tab.periods {
			if period.Literal != "" && !slices.Contains(found, period) {
				found = append(found, period)
			}
		}
	}
	return found
}

func includesCurrent(p spec.Period) bool {
	if p.Literal != "" {
		return false
	}
	from := !p.From.Relative || p.From.Offset <= 0 // an absolute start of "2024_Q1..current" lies in the past
	to := p.To.Relative && p.To.Offset >= 0
	return from && to
}

// current is the first part of the plan: the current quarter of each tab that wants it.
func (p *planner) current(ctx context.Context) []*Export {
	var exports []*Export
	for _, tab := range p.tabs {
		if tab.current {
			e := p.export(ctx, tab, "", !p.spec.History)
			if q, known := p.knownCurrent(); known {
				e.likely = q.String()
			}
			exports = append(exports, e)
		}
	}
	return exports
}

// needsCurrent tells whether the rest of the plan depends on which quarter is current.
func (p *planner) needsCurrent() bool {
	for _, tab := range p.tabs {
		relative := slices.ContainsFunc(tab.periods, func(x spec.Period) bool { return x.NeedsCurrent() && !x.IsCurrent() })
		if relative || tab.current && (len(tab.periods) > 1 || len(tab.watched) > 0 || len(p.refresh) > 0) {
			return true
		}
	}
	return false
}

// errCurrentUnknown asks for what would tell the current quarter.
var errCurrentUnknown = errors.New("plan: which fiscal quarter is current is not known: add current to periods, or set fiscal_year_start_month")

// knownCurrent is the current quarter where it is known without (further) asking Clari.
func (p *planner) knownCurrent() (fiscal.Quarter, bool) {
	return p.cal.known(p.today, p.spec.FiscalYearStartMonth)
}

// rest is the second part of the plan: next quarters first, then newest to oldest, so that what matters most is there if the quota
// ends; last what is exported a second time only to be settled. known is false when Clari could not be asked: what is relative to the current quarter then fails by name.
func (p *planner) rest(ctx context.Context, current fiscal.Quarter, known bool) []*Export {
	var exports []*Export
	for _, tab := range p.tabs {
		labels := map[string]bool{}
		for _, period := range slices.Concat(tab.periods, p.refresh) {
			refreshed := !slices.Contains(tab.periods, period)
			for label, err := range p.labels(period, current, known) {
				if err != nil {
					e := p.export(ctx, tab, label, true)
					e.Err = err
					exports = append(exports, e)
					continue
				}
				// A quarter to refresh that this tab never had is not one of its quarters.
				if !refreshed || p.had(ctx, tab, label) {
					labels[label] = true
				}
			}
		}
		for _, label := range tab.watched {
			labels[label] = true
		}
		if tab.current && known {
			delete(labels, current.String())
		}
		for label := range labels {
			q, ok := fiscal.Parse(label)
			past := !ok || !known || q.Sub(current) < 0
			e := p.export(ctx, tab, label, past || !p.spec.History)
			e.entry.HadRows = e.entry.HadRows || slices.Contains(tab.watched, label) // when it was current
			exports = append(exports, e)
		}
	}
	next := ""
	if known {
		next = current.Add(1).String()
	}
	refresh := p.refreshed(current, known)
	for _, e := range exports {
		e.refresh = refresh[e.Period]
	}
	rank := func(e *Export) int {
		switch {
		case e.Period == next:
			return 0
		case len(e.entry.Settled) > 0 && !e.refresh: // what is final there: else a backfill larger than the quota would never get past it
			return 2
		default:
			return 1
		}
	}
	slices.SortStableFunc(exports, func(a, b *Export) int {
		return cmp.Or(cmp.Compare(rank(a), rank(b)), strings.Compare(b.Period, a.Period)) // labels sort as the quarters do
	})
	return exports
}

// labels yields the quarters of a period, or the period and why it has none.
func (p *planner) labels(period spec.Period, current fiscal.Quarter, known bool) func(yield func(string, error) bool) {
	return func(yield func(string, error) bool) {
		switch {
		case period.Literal != "":
			yield(period.Literal, nil)
		case period.IsCurrent():
			// the first part of the plan
		case period.NeedsCurrent() && !known:
			yield(period.String(), errCurrentUnknown)
		default:
			quarters, err := period.Quarters(current)
			if err != nil {
				yield(period.String(), fmt.Errorf("plan: %w", err))
			}
			for _, q := range quarters {
				if !yield(q.String(), nil) {
					return
				}
			}
		}
	}
}

func (p *planner) refreshed(current fiscal.Quarter, known bool) map[string]bool {
	labels := map[string]bool{}
	for _, period := range p.refresh {
		if period.IsCurrent() && known {
			labels[current.String()] = true
		}
		for label, err := range p.labels(period, current, known) {
			labels[label] = err == nil
		}
	}
	return labels
}

// had tells whether the tab's quarter was exported before.
func (p *planner) had(ctx context.Context, tab plannedTab, label string) bool {
	return p.export(ctx, tab, label, true).entry.DoneJobID != ""
}

// export plans one export and looks up what the journal has of it. auto is what include_historical "auto" means for it.
func (p *planner) export(ctx context.Context, tab plannedTab, period string, auto bool) *Export {
	historical := auto
	if tab.IncludeHistorical != "auto" {
		historical = tab.IncludeHistorical == "true"
	}
	e := &Export{Request: Request{
		Tab: tab.Tab, Period: period, Types: tab.Types, IncludeHistorical: historical, Format: p.spec.ExportFormat,
	}, RequestedAt: p.now, elsewhere: slices.Contains(p.elsewhere, tab.ForecastID), ended: make(chan struct{})}
	e.key = exportKey(p.spec.BaseURL, e.Request, p.spec.History)
	p.journal.load(ctx, e.key, &e.entry)
	return e
}
