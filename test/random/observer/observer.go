// Package observer takes in what happens in a world, sync by sync: what was there before, what was asked and made, what landed, what the state
// backend then held. It tells it to an independent reckoning of what had to be bought. What must hold of it is in invariant.
package observer

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
	Config   sim.Config
	SpecTabs []schedule.Tab // that the spec names
	Since    time.Time      // first day of the activities that the spec names, if any
	Played   []*Sync
	Problems []string
	Tally    Tally

	Before     map[string]map[string]time.Time // table -> _cq_id of what was there before the last sync -> when it was exported
	Shown      map[Place]map[string]bool       // what the view then showed of each place
	LandedLast map[Place]any                   // job whose entries had landed last at each place then
	Ledger     sim.Ledger                      // after it
	Compared   map[string][]string             // job -> how what landed from it differs from its truth, after it
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
	Requests   []sim.Request
	Created    []sim.Job         // by this sync
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
	return &Observer{World: w, Config: config, SpecTabs: tabs, Tally: Tally{Fired: map[string]int{}}}
}

// Begin takes in what there is before a sync.
func (g *Observer) Begin() {
	g.Before = map[string]map[string]time.Time{}
	for table, rows := range g.Destination.Tables {
		g.Before[table] = map[string]time.Time{}
		for id, r := range rows {
			g.Before[table][id] = r.Time("exported_at")
		}
	}
	g.Shown, g.LandedLast = g.Present(), g.Newest()
	g.Ledger = g.Sim.Ledger()
}

// End takes in what a sync did.
func (g *Observer) End(p *Sync) {
	requests, jobs := len(g.Ledger.Requests), len(g.Ledger.Jobs)
	g.Ledger, g.Compared = g.Sim.Ledger(), map[string][]string{}
	p.Requests = g.Ledger.Requests[requests:]
	for _, j := range g.Ledger.Jobs[jobs:] {
		if j.Request != 0 {
			p.Created = append(p.Created, j)
		}
	}
	g.Played = append(g.Played, p)
	g.Tally.Fired["refused"] += int(p.Refusals.Load())
	g.Tally.count(p)
}

// Report notes that something does not hold.
func (g *Observer) Report(p *Sync, invariant, format string, args ...any) {
	g.Problems = append(g.Problems, fmt.Sprintf("after sync %d (%v): %s: ", p.Number, p.Err, invariant)+fmt.Sprintf(format, args...))
}

// Kept tells whether state had, before a sync, all that earlier ones gave it.
func (g *Observer) Kept(p *Sync) bool {
	return g.State != nil && !p.Backend.Older && !slices.ContainsFunc(g.Played[:p.Number-1], func(e *Sync) bool {
		return !e.Backend.Kept() || !e.Alone()
	})
}

// Doomed tells whether a sync heard that its key is refused, which is no export's own failure.
func (p *Sync) Doomed() bool {
	return p.Err != nil && slices.ContainsFunc(p.Requests, func(r sim.Request) bool {
		return r.Status == 401 && !slices.Contains(r.Faults, "no-optin")
	})
}

// Place is where the rows of an export are: a later one replaces them.
type Place struct{ Forecast, Scope, Currency, Quarter any }

func PlaceOf(r world.Row) Place {
	return Place{r["forecast_id"], r["scope_id"], r["requested_currency"], r["requested_period"]}
}

func (g *Observer) Duration(key string) time.Duration {
	d, err := time.ParseDuration(g.Spec[key].(string))
	if err != nil {
		panic(err)
	}
	return d
}

func (g *Observer) Number(key string) int {
	switch n := g.Spec[key].(type) {
	case int:
		return n
	}
	return math.MaxInt
}

// StateText is all that the state backend holds.
func (g *Observer) StateText() string { return fmt.Sprint(slices.Sorted(maps.Values(g.State))) }

func (p *Sync) FormatOf(spec map[string]any) string {
	return strings.ToUpper(spec["export_format"].(string))
}

// SpecChanged says whether the spec of any sync until now was another than that of the schedule: then several requests write one place.
func (g *Observer) SpecChanged() bool {
	return slices.ContainsFunc(g.Played, func(p *Sync) bool { return p.Tabs != nil })
}

// Alone reports whether no other sync ran beside.
func (p *Sync) Alone() bool { return p.Beside == 0 }
