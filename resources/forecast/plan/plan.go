// Package plan turns the spec into exports of forecasts: which tab, which fiscal quarter, in which order, and what is kept of a quarter from one sync to the
// next. It knows the spec, the fiscal calendar of each tab, and the ledgers. It asks nobody anything, and knows neither jobs nor results; what is done
// about an item is client/job's to decide.
package plan

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/cq-source-clari/cq-source-clari/client/fiscal"
	"github.com/cq-source-clari/cq-source-clari/client/job/due"
	"github.com/cq-source-clari/cq-source-clari/client/journal"
	"github.com/cq-source-clari/cq-source-clari/client/spec"
)

// Planner makes the plan of one sync: every tab's current quarter first, then every tab's next, then the others from the newest to the oldest. Some
// periods count from the current quarter. Where that is not known, the current quarters are a part of the plan on their own, and the rest follows once
// Clari has said which they are.
type Planner struct {
	spec      *spec.Spec
	ctx       context.Context // of the sync: reads of the ledger end with it
	ledger    *journal.Journal
	calendars calendars
	locales   locales
	today     time.Time // a day in the spec's time zone
	refresh   []spec.Period
	reload    []spec.Period
	tabs      []*plannedTab
	others    []string // forecasts of which other shards have tabs
	naming    bool     // see NameRelative
	unsure    []string // see Uncertain
	part      int      // of the plan, from 1
	asked     bool     // the current quarters were the first part, and the rest is to come
}

// plannedTab is one tab of the spec.
type plannedTab struct {
	spec.Forecast
	Tab
	periods []spec.Period
	asks    bool     // its current quarter is exported by asking Clari
	watched []string // quarters once exported as current and not settled yet
	current *Item
	failed  error // why its current quarter is not known
}

// ErrCurrentUnknown says that periods count from the current quarter, and nothing tells which that is.
var ErrCurrentUnknown = errors.New("plan: which fiscal quarter is current is not known: add current to periods, or set fiscal_year_start_month")

// New begins the plan of a sync that starts now.
func New(ctx context.Context, s *spec.Spec, shard Shard, now time.Time, ledger *journal.Journal) *Planner {
	p := &Planner{
		spec: s, ctx: ctx, ledger: ledger, today: fiscal.Day(now, s.Location()), refresh: s.ParsedRefresh(), reload: s.ParsedReload(),
	}
	var tabs []Tab
	for _, f := range s.Forecasts {
		tab := &plannedTab{Forecast: f, Tab: Tab{f.ID, f.ScopeID, f.Currency}, periods: f.ParsedPeriods(s)}
		if !shard.has(tab.Tab) {
			p.others = append(p.others, f.ID)
			continue
		}
		tab.asks = slices.ContainsFunc(tab.periods, includesCurrent)
		p.tabs, tabs = append(p.tabs, tab), append(tabs, tab.Tab)
	}
	p.loadCalendars(tabs, s.FiscalYearStartMonth)
	p.loadLocales(tabs)
	for _, tab := range p.tabs {
		tab.watched = p.stillWatched(tab.Tab)
	}
	return p
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

// includesCurrent tells whether the quarters of a period are sure to include the current one.
func includesCurrent(p spec.Period) bool {
	if p.Literal != "" {
		return false
	}
	from := !p.From.Relative || p.From.Offset <= 0 // an absolute start of "2024_Q1..current" lies in the past
	to := p.To.Relative && p.To.Offset >= 0
	return from && to
}

// Next is the next part of the plan, empty at its end. What the part before has told must have been learned.
func (p *Planner) Next() ([]*Item, error) {
	p.part++
	switch {
	case p.part > 1 && !p.asked:
		return nil, nil
	case p.part > 1:
		p.asked = false
		return p.rest(), nil
	case p.sure() || !p.needsCurrent():
		return slices.Concat(p.currents(), p.rest()), nil
	case slices.ContainsFunc(p.tabs, func(t *plannedTab) bool { return t.asks }):
		p.asked = true
		return p.currents(), nil
	case p.spec.FiscalYearStartMonth > 0, p.naming:
		return p.rest(), nil
	}
	return nil, ErrCurrentUnknown
}

// sure reports whether Clari has said which quarter is current of every tab whose plan depends on it.
func (p *Planner) sure() bool {
	return !slices.ContainsFunc(p.tabs, func(t *plannedTab) bool {
		_, known := p.current(t.Tab)
		return !known && p.countsFromCurrent(t)
	})
}

// Later is what may be in the next part.
func (p *Planner) Later() []*Item {
	if !p.asked {
		return nil
	}
	return p.rest()
}

// currents asks each tab that wants it for its current quarter.
func (p *Planner) currents() []*Item {
	var items []*Item
	for _, tab := range p.tabs {
		if !tab.asks {
			continue
		}
		i := p.item(tab, "", WhyCurrent)
		if slices.ContainsFunc(p.refresh, includesCurrent) {
			i.Refresh = &due.Refresh{Before: p.spec.RefreshBefore()}
		}
		i.Reload = slices.ContainsFunc(p.reload, includesCurrent)
		tab.current = i
		items = append(items, i)
	}
	return items
}

// Failed tells the planner why the current quarter of an item's tab is not known.
func (p *Planner) Failed(i *Item, err error) {
	for _, tab := range p.tabs {
		if tab.current == i {
			tab.failed = err
		}
	}
}

// needsCurrent reports whether any tab's plan depends on which quarter is current.
func (p *Planner) needsCurrent() bool { return slices.ContainsFunc(p.tabs, p.countsFromCurrent) }

func (p *Planner) countsFromCurrent(t *plannedTab) bool {
	relative := slices.ContainsFunc(t.periods, func(x spec.Period) bool { return x.NeedsCurrent() && !x.IsCurrent() })
	return relative || t.asks && (len(t.periods) > 1 || len(t.watched) > 0 || len(p.refresh)+len(p.reload) > 0)
}

// rest is everything but the current quarters that Clari is asked for.
func (p *Planner) rest() []*Item {
	var items []*Item
	for _, tab := range p.tabs {
		items = append(items, p.restOf(tab)...)
	}
	slices.SortStableFunc(items, func(a, b *Item) int {
		return cmp.Or(cmp.Compare(a.Rank, b.Rank), strings.Compare(p.position(b.Period), p.position(a.Period)))
	})
	return items
}

// wanted is why a period of a tab is in the plan, and what keeps it from being asked for.
type wanted struct {
	why string
	err error
}

// restOf plans the quarters of one tab, each once.
func (p *Planner) restOf(tab *plannedTab) []*Item {
	current, known := p.currentOr(tab.Tab)
	plan := map[string]wanted{}
	for _, label := range tab.watched {
		plan[label] = wanted{why: WhyWatched}
	}
	for label, err := range p.labels(tab.periods, current, known) {
		if err == ErrCurrentUnknown && tab.failed != nil {
			err = tab.failed // all that there is to say
		}
		plan[label] = wanted{WhyBackfill, err}
	}
	renew, again := p.named(tab, p.refresh, current, known), p.named(tab, p.reload, current, known)
	for label := range renew {
		if _, planned := plan[label]; !planned && p.refreshes(tab.Tab, label) {
			plan[label] = wanted{why: WhyRefresh}
		}
	}
	for label := range again {
		if there, _ := p.place(tab.Tab, label); there.Job != "" && plan[label] == (wanted{}) {
			plan[label] = wanted{why: WhyReload}
		}
	}
	if known && tab.current != nil {
		delete(plan, current.String())
	}
	var items []*Item
	for label, w := range plan {
		i := p.item(tab, label, w.why)
		i.Err, i.Stored = w.err, w.why == WhyReload
		i.HadRows = slices.Contains(tab.watched, label)
		if renew[label] {
			i.Refresh = &due.Refresh{Before: p.spec.RefreshBefore()}
			if p.naming { // else what is there decides whether that is why
				i.Why = WhyRefresh
			}
		}
		i.Reload = again[label]
		p.rank(i, current, known)
		items = append(items, i)
	}
	slices.SortFunc(items, func(a, b *Item) int { return strings.Compare(a.Period, b.Period) })
	return items
}

// named are the quarters that refresh or reload names. A quarter that a tab never had is not one of its quarters.
func (p *Planner) named(tab *plannedTab, periods []spec.Period, current fiscal.Quarter, known bool) map[string]bool {
	found := map[string]bool{}
	for label, err := range p.labels(periods, current, known) {
		if err == nil {
			found[label] = true
		}
	}
	return found
}

// refreshes reports whether a quarter that no period names is in the plan since refresh names it: once it is exported again, only until it has settled.
func (p *Planner) refreshes(t Tab, label string) bool {
	there, _ := p.place(t, label)
	due := there.ExportedAt.Before(p.spec.RefreshBefore()) || p.spec.RefreshBefore().IsZero()
	final, settled := p.settles(t, label)
	return there.Job != "" && (due || final && !settled)
}

// rank says how much an item matters.
func (p *Planner) rank(i *Item, current fiscal.Quarter, known bool) {
	switch {
	case known && i.Period == current.String():
		i.Rank = 0
		if i.Why == WhyBackfill {
			i.Why = WhyCurrent
		}
	case i.Period == nextTo(current, known):
		i.Rank = 1
		if i.Why == WhyBackfill {
			i.Why = WhyNext
		}
	default:
		i.Rank = 2
	}
}

// labels yields the labels of periods of a tab, and an error for those that cannot be told.
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

// item plans one export. An empty period is the quarter that Clari calls current.
func (p *Planner) item(tab *plannedTab, period, why string) *Item {
	i := &Item{Item: due.Item{Why: why}, Shared: slices.Contains(p.others, tab.ForecastID)}
	current, sure := p.current(tab.Tab)
	quarter := period
	if period == "" {
		i.Likely = p.likely(tab.Tab)
		if sure {
			quarter = current.String()
		}
	}
	var there journal.Place
	var state State
	if quarter != "" {
		i.Place = p.PlaceKey(tab.Tab, quarter)
		there, state = p.place(tab.Tab, quarter)
	}
	end := p.endOf(tab.Tab, quarter, state.End)
	if period != "" {
		i.FinalAt = p.FinalAt(tab.Tab, period, state.End)
	}
	q, isQuarter := fiscal.Parse(quarter)
	i.Ongoing = period == "" || sure && isQuarter && q.Sub(current) >= 0 || !sure && (end.IsZero() || !p.today.After(end))
	i.Request = Request{
		Tab: tab.Tab, Period: period, Types: tab.Types, Format: p.spec.ExportFormat,
		IncludeHistorical: p.whole(tab.IncludeHistorical, sure && isQuarter && q.Sub(current) >= 0, there, state),
	}
	i.Key = p.requestKey(i.Request)
	return i
}

// whole says whether an export has all weeks. Under history, where each day's snapshot already is the history, auto asks for all weeks of the current and
// later quarters only once a week.
func (p *Planner) whole(include string, ongoing bool, there journal.Place, state State) bool {
	switch {
	case include != "auto":
		return include == "true"
	case !p.spec.History, !ongoing, there.Job == "", state.AllNext, state.WholeOn.IsZero():
		return true
	case state.WeekEnd.IsZero():
		return !monday(state.WholeOn).Equal(monday(p.today))
	}
	// People edit a week until after its end: the export that has all of it begins a full day later.
	edited := state.WeekEnd.AddDate(0, 0, 2)
	weeks := int(p.today.Sub(edited).Hours()) / (7 * 24)
	if p.today.Before(edited) { // the newest week that is over is an earlier one
		weeks = -int(edited.Sub(p.today).Hours()+7*24-1) / (7 * 24)
	}
	return state.WholeOn.Before(edited.AddDate(0, 0, 7*weeks))
}

// monday is the first day of a day's calendar week.
func monday(day time.Time) time.Time {
	return day.AddDate(0, 0, -(int(day.Weekday())+6)%7)
}
