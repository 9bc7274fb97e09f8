package plan

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/cq-source-clari/cq-source-clari/client/fiscal"
	"github.com/cq-source-clari/cq-source-clari/client/spec"
)

// Load reads a key of the journal into v, and leaves v as it is where there is none.
type Load func(key string, v any)

// Planner turns the spec into exports, in one part or in two: where it is not known which quarter is current, the current quarters come
// first, for which Clari is asked, and the rest when their results tell.
type Planner struct {
	spec     *spec.Spec
	load     Load
	Calendar *fiscal.Calendar
	today    time.Time // a day in the spec's time zone
	refresh  []spec.Period
	tabs     []*plannedTab
	others   []string // forecasts of which other shards have tabs
	naming   bool     // see NameRelative
	unsure   []string // see Uncertain
	part     int      // of the plan, from 1
	asked    bool     // the current quarters were the first part, and the rest is to come
}

type plannedTab struct {
	spec.Forecast
	Tab
	periods []spec.Period
	asks    bool     // its current quarter is exported by asking Clari
	watched []string // quarters once exported as current and not settled yet
	current *Export
}

// maxWatched: a quarter is watched until it is settled, but not for ever.
const maxWatched = 8

// New begins a plan. now decides which day is today.
func New(s *spec.Spec, shard Shard, now time.Time, load Load) *Planner {
	p := &Planner{
		spec: s, load: load, today: fiscal.Day(now, s.Location()), refresh: s.ParsedRefresh(),
		Calendar: &fiscal.Calendar{StartMonth: s.FiscalYearStartMonth},
	}
	load(p.CalendarKey(), p.Calendar)
	for _, f := range s.Forecasts {
		tab := &plannedTab{Forecast: f, Tab: Tab{f.ID, f.ScopeID, f.Currency}, periods: f.ParsedPeriods(s)}
		if !shard.has(tab.Tab) {
			p.others = append(p.others, f.ID)
			continue
		}
		tab.asks = slices.ContainsFunc(tab.periods, includesCurrent)
		tab.watched = p.loadWatched(tab.Tab)
		p.tabs = append(p.tabs, tab)
	}
	return p
}

func (p *Planner) loadWatched(tab Tab) (quarters []string) {
	p.load(p.tabKey(tab), &quarters)
	return slices.DeleteFunc(quarters, func(label string) bool {
		_, ok := fiscal.Parse(label)
		return !ok
	})
}

// Literals are the periods of the plan that are passed to Clari as they are.
func (p *Planner) Literals() []spec.Period {
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

// ErrCurrentUnknown asks for what would tell the current quarter.
var ErrCurrentUnknown = errors.New("plan: which fiscal quarter is current is not known: add current to periods, or set fiscal_year_start_month")

// Next is the next part of the plan: all of it where it is known which quarter is current, else the current quarters alone and later the
// rest. It is empty at the end of the plan. A failed current quarter, noted in its Err, fails what is relative to it.
func (p *Planner) Next() ([]*Export, error) {
	p.part++
	_, known := p.Calendar.Current(p.today)
	_, guessed := p.Calendar.CurrentOr(p.today)
	switch {
	case p.part > 1 && !p.asked:
		return nil, nil
	case p.part > 1:
		p.asked = false
		return p.rest(), nil
	case known || !p.needsCurrent():
		return slices.Concat(p.currents(), p.rest()), nil
	case slices.ContainsFunc(p.tabs, func(t *plannedTab) bool { return t.asks }):
		p.asked = true
		return p.currents(), nil
	case guessed, p.naming:
		return p.rest(), nil
	}
	return nil, ErrCurrentUnknown
}

// Later are the keys of exports that may come in a later part.
func (p *Planner) Later() (keys []string) {
	if p.asked {
		for _, e := range p.rest() {
			keys = append(keys, e.Key)
		}
	}
	return keys
}

// currents are the current quarters of the tabs that want it.
func (p *Planner) currents() []*Export {
	var exports []*Export
	for _, tab := range p.tabs {
		if tab.asks {
			tab.current = p.export(tab, "", WhyCurrent, false)
			tab.current.Refresh = slices.ContainsFunc(p.refresh, includesCurrent)
			if q, ok := p.Calendar.CurrentOr(p.today); ok {
				tab.current.Likely = q.String()
			}
			exports = append(exports, tab.current)
		}
	}
	return exports
}

// needsCurrent tells whether the rest of the plan depends on which quarter is current.
func (p *Planner) needsCurrent() bool {
	for _, tab := range p.tabs {
		relative := slices.ContainsFunc(tab.periods, func(x spec.Period) bool { return x.NeedsCurrent() && !x.IsCurrent() })
		if relative || tab.asks && (len(tab.periods) > 1 || len(tab.watched) > 0 || len(p.refresh) > 0) {
			return true
		}
	}
	return false
}

// currentOf is the quarter that is current for a tab: the one that its own result holds, else the one that is known.
func (p *Planner) currentOf(tab *plannedTab) (fiscal.Quarter, bool) {
	if tab.current != nil {
		if q, ok := fiscal.Parse(tab.current.Quarter); ok {
			return q, true
		}
	}
	return p.Calendar.CurrentOr(p.today)
}

// rest is the plan without the quarters for which Clari is asked. What matters most comes first, in case the quota ends: next quarters
// after a current one by name, then newest to oldest, and last what is exported a second time only to be settled.
func (p *Planner) rest() []*Export {
	var exports []*Export
	ranks := map[*Export]int{}
	for _, tab := range p.tabs {
		current, known := p.currentOf(tab)
		for _, e := range p.restOf(tab, current, known) {
			exports = append(exports, e)
			switch {
			case known && e.Period == current.String():
				ranks[e] = 0
			case e.Period == nextTo(current, known):
				ranks[e] = 1
			case e.Why == WhySettling: // else a backfill larger than the quota would never get past it
				ranks[e] = 3
			default:
				ranks[e] = 2
			}
		}
	}
	slices.SortStableFunc(exports, func(a, b *Export) int {
		return cmp.Or(cmp.Compare(ranks[a], ranks[b]), strings.Compare(p.place(b.Period), p.place(a.Period)))
	})
	return exports
}

func (p *Planner) restOf(tab *plannedTab, current fiscal.Quarter, known bool) []*Export {
	why := map[string]string{}
	failed := map[string]error{}
	for _, label := range tab.watched {
		why[label] = WhyWatched
	}
	for label, err := range p.labels(tab.periods, current, known) {
		if why[label] = WhyBackfill; err != nil {
			if err == ErrCurrentUnknown && tab.current != nil && tab.current.Err != nil {
				err = tab.current.Err // all that there is to say
			}
			failed[label] = err
		}
	}
	for label, err := range p.labels(p.refresh, current, known) {
		// A quarter to refresh that this tab never had is not one of its quarters.
		if err == nil && (why[label] != "" || p.had(tab, label)) {
			why[label] = WhyRefresh
		}
	}
	if known {
		label := current.String()
		if tab.current != nil {
			delete(why, label)
		} else if why[label] == WhyBackfill {
			why[label] = WhyCurrent
		}
	}
	if next := nextTo(current, known); why[next] == WhyBackfill {
		why[next] = WhyNext
	}
	var exports []*Export
	for _, label := range slices.Sorted(maps.Keys(why)) {
		q, isQuarter := fiscal.Parse(label)
		past := !isQuarter || !known || q.Sub(current) < 0
		e := p.export(tab, label, why[label], past)
		e.Err = failed[label]
		e.Refresh = why[label] == WhyRefresh
		e.Memory.HadRows = e.Memory.HadRows || slices.Contains(tab.watched, label) // when it was current
		if len(e.Memory.Settled) > 0 && !e.Refresh && e.Err == nil {
			e.Why = WhySettling
		}
		exports = append(exports, e)
	}
	return exports
}

// labels yields the quarters of periods, or the period and why it has none.
func (p *Planner) labels(periods []spec.Period, current fiscal.Quarter, known bool) func(yield func(string, error) bool) {
	return func(yield func(string, error) bool) {
		for _, period := range periods {
			if !p.quarters(period, current, known, yield) {
				return
			}
		}
	}
}

func (p *Planner) quarters(period spec.Period, current fiscal.Quarter, known bool, yield func(string, error) bool) bool {
	switch {
	case period.Literal != "":
		return yield(period.Literal, nil)
	case period.IsCurrent() && !known:
		return true // Clari is asked for it
	case period.NeedsCurrent() && !known && p.naming:
		return p.name(period, yield)
	case period.NeedsCurrent() && !known:
		return yield(period.String(), ErrCurrentUnknown)
	}
	quarters, err := period.Quarters(current)
	if err != nil {
		return yield(period.String(), fmt.Errorf("plan: %w", err))
	}
	for _, q := range quarters {
		if !yield(q.String(), nil) {
			return false
		}
	}
	return true
}

// had tells whether the tab's quarter was exported before.
func (p *Planner) had(tab *plannedTab, label string) bool {
	var entry struct {
		DoneJobID string `json:"done_job_id"`
	}
	for _, historical := range []bool{true, false} {
		p.load(p.key(p.request(tab, label, historical)), &entry)
	}
	return entry.DoneJobID != ""
}

func (p *Planner) request(tab *plannedTab, period string, historical bool) Request {
	if tab.IncludeHistorical != "auto" {
		historical = tab.IncludeHistorical == "true"
	}
	return Request{Tab: tab.Tab, Period: period, Types: tab.Types, IncludeHistorical: historical, Format: p.spec.ExportFormat}
}

// export plans one export, and looks up what the journal has of it. past is a quarter before the current one, or who knows which.
func (p *Planner) export(tab *plannedTab, period, why string, past bool) *Export {
	r := p.request(tab, period, true)
	if p.spec.History && tab.IncludeHistorical == "auto" && !past && p.hadThisWeek(r) {
		r.IncludeHistorical = false
	}
	e := &Export{Request: r, Key: p.key(r), Why: why, Shared: slices.Contains(p.others, tab.ForecastID)}
	p.load(e.Key, &e.Memory)
	return e
}

// hadThisWeek tells whether a request was exported in this calendar week. People edit a week until after its end, so every week comes once in
// each; on other days the latest is enough, for each day's snapshot is kept.
func (p *Planner) hadThisWeek(r Request) bool {
	var entry struct {
		State      string    `json:"state"`
		ExportedAt time.Time `json:"exported_at"`
	}
	p.load(p.key(r), &entry)
	if entry.State != "done" {
		return false
	}
	return monday(fiscal.Day(entry.ExportedAt, p.spec.Location())).Equal(monday(p.today))
}

// monday begins the week of a day.
func monday(day time.Time) time.Time {
	return day.AddDate(0, 0, -(int(day.Weekday())+6)%7)
}
