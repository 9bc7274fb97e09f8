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
	Only     string            // name of the one invariant to hold the world to; "": all
	Broken   map[string]string // invariants that this world is not held to, and why
	Tally    Tally

	before     map[string]map[string]time.Time // table -> _cq_id of what was there before the last sync -> when it was exported
	shown      map[place]map[string]bool       // what the view then showed of each place
	landedLast map[place]any                   // job that had landed last at each place then
	ledger     sim.Ledger                      // after it
	Entries    map[any]bool                    // jobs that landed when entries were among the tables
	compared   map[string][]string             // job -> how what landed from it differs from its truth, after it
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
	Keys       map[string]map[string]int // table -> _cq_id -> how often it was sent
	Sent       map[string]time.Time      // job -> when the last of its rows was sent, on our clock
	Reported   map[string]time.Time      // job -> when the row of its export was sent
	Used       map[string]any            // the spec of this sync
	Flushes    atomic.Int64
}

func (p *Sync) Took() time.Duration { return p.End.Sub(p.Start) }

func New(w *world.World, config sim.Config, tabs []schedule.Tab) *Observer {
	return &Observer{World: w, config: config, tabs: tabs, Tally: Tally{Fired: map[string]int{}}, Entries: map[any]bool{}}
}

// Begin takes in what there is before a sync.
func (g *Observer) Begin() {
	g.before = map[string]map[string]time.Time{}
	for table, rows := range g.Destination.Tables {
		g.before[table] = map[string]time.Time{}
		for id, r := range rows {
			g.before[table][id] = r.Time("exported_at")
		}
	}
	g.shown, g.landedLast = g.Present(), g.newest()
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
		if len(g.Problems) == 0 && g.holds(i) && i.when(g, p) { // what comes after one that does not hold may follow from it
			i.check(g, p, func(format string, args ...any) { g.Report(p, i.name, format, args...) })
		}
	}
}

// holds says whether the world is held to an invariant: to the one that was asked for, else to all that the engine is known to keep.
func (g *Observer) holds(i invariant) bool {
	if g.Only != "" {
		return i.name == g.Only
	}
	return i.broken == "" && g.Broken[i.name] == ""
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
