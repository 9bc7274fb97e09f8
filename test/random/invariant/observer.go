package invariant

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
	"github.com/cq-source-clari/cq-source-clari/test/random/schedule"
	"github.com/cq-source-clari/cq-source-clari/test/world"
)

// Observer knows a world, and what happened in it: what the invariants go by.
type Observer struct {
	*world.World
	config   sim.Config
	tabs     []schedule.Tab // that the spec names
	Since    time.Time      // first day of the activities that the spec names, if any
	Played   []*Sync
	Problems []string
	Tally    Tally

	before   map[string]map[string]bool // table -> _cq_id of what was there before the last sync
	viewed   map[place]int              // what clari_forecast_current held then
	ledger   sim.Ledger                 // after it
	Entries  map[any]bool               // jobs that landed when entries were among the tables
	compared map[string][]string        // job -> how what landed from it differs from its truth, after it
}

// Sync is what one sync did.
type Sync struct {
	schedule.Step
	Number     int
	Start, End time.Time // on our clock
	StoppedAt  time.Time // when it was killed or cancelled; zero if neither came to it
	Killed     bool
	Err        error
	Logs       *world.Logs
	requests   []sim.Request
	created    []sim.Job         // by this sync
	Exports    []world.Row       // of clari_forecast_exports, as sent
	Windows    []world.Row       // of clari_activity_exports, as sent
	Also       []world.Row       // those of the sync that ran beside it
	Journal    map[string]string // state backend before
	Refusals   *atomic.Int64
	Messages   int
	Flushes    atomic.Int64
}

func (p *Sync) Took() time.Duration { return p.End.Sub(p.Start) }

func New(w *world.World, config sim.Config, tabs []schedule.Tab) *Observer {
	return &Observer{World: w, config: config, tabs: tabs, Tally: Tally{Fired: map[string]int{}}, Entries: map[any]bool{}}
}

// Begin takes in what there is before a sync.
func (g *Observer) Begin() {
	g.before = map[string]map[string]bool{}
	for table, rows := range g.Destination.Tables {
		g.before[table] = map[string]bool{}
		for id := range rows {
			g.before[table][id] = true
		}
	}
	g.viewed = g.View()
	g.ledger = g.Sim.Ledger()
}

// End takes in what a sync did, and holds it against the invariants.
func (g *Observer) End(p *Sync) {
	requests, jobs := len(g.ledger.Requests), len(g.ledger.Jobs)
	g.ledger, g.compared = g.Sim.Ledger(), map[string][]string{}
	p.requests = g.ledger.Requests[requests:]
	for _, j := range g.ledger.Jobs[jobs:] {
		if j.Request != 0 {
			p.created = append(p.created, j)
		}
	}
	for _, r := range slices.Concat(p.Exports, p.Also) {
		if world.HasLanded(r) && len(p.wants("clari_forecast_entries")) > 0 {
			g.Entries[r["job_id"]] = true
		}
	}
	g.Played = append(g.Played, p)
	g.Tally.Fired["refused"] += int(p.Refusals.Load())
	g.Tally.count(p)
	for _, i := range invariants {
		if len(g.Problems) == 0 && i.when(g, p) { // what comes after one that does not hold may follow from it
			i.check(g, p, func(format string, args ...any) { g.Report(p, i.name, format, args...) })
		}
	}
}

// Report notes that something does not hold.
func (g *Observer) Report(p *Sync, invariant, format string, args ...any) {
	g.Problems = append(g.Problems, fmt.Sprintf("after sync %d (%v): %s: ", p.Number, p.Err, invariant)+fmt.Sprintf(format, args...))
}

// kept tells whether state had, before a sync, all that earlier ones gave it.
func (g *Observer) kept(p *Sync) bool {
	return g.State != nil && !p.Backend.Older && !slices.ContainsFunc(g.Played[:p.Number-1], func(e *Sync) bool {
		return !e.Backend.Kept() || !e.alone()
	})
}

// doomed tells whether a sync heard that its key is refused, which is no export's own failure.
func (p *Sync) doomed() bool {
	return p.Err != nil && slices.ContainsFunc(p.requests, func(r sim.Request) bool {
		return r.Status == 401 && !slices.Contains(r.Faults, "no-optin")
	})
}

// place is where the rows of an export are: a later one replaces them.
type place struct{ forecast, scope, currency, quarter any }

func placeOf(r world.Row) place {
	return place{r["forecast_id"], r["scope_id"], r["requested_currency"], r["requested_period"]}
}

// View counts the entries of clari_forecast_current: those of the job that landed last for each place.
func (g *Observer) View() map[place]int {
	newest := map[place]world.Row{}
	for _, r := range g.Destination.Rows("clari_forecast_exports", world.HasLanded) {
		before, at := newest[placeOf(r)], r.Time("exported_at")
		if g.Entries[r["job_id"]] && (before == nil || before.Time("exported_at").Before(at)) {
			newest[placeOf(r)] = r
		}
	}
	entries := map[any]int{}
	for _, r := range g.Destination.Tables["clari_forecast_entries"] {
		entries[r["job_id"]]++
	}
	view := map[place]int{}
	for at, r := range newest {
		if n := entries[r["job_id"]]; n > 0 || r["entries"] == int64(0) {
			view[at] = max(n, 1) // one that has no entries and says so is no loss
		}
	}
	return view
}

func (g *Observer) duration(key string) time.Duration {
	d, err := time.ParseDuration(g.Spec[key].(string))
	if err != nil {
		panic(err)
	}
	return d
}

func (g *Observer) number(key string) int {
	switch n := g.Spec[key].(type) {
	case int:
		return n
	}
	return math.MaxInt
}

// stateText is all that the state backend holds.
func (g *Observer) stateText() string { return fmt.Sprint(slices.Sorted(maps.Values(g.State))) }

func (p *Sync) FormatOf(spec map[string]any) string {
	return strings.ToUpper(spec["export_format"].(string))
}
