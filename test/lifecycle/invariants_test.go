package lifecycle

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"sync/atomic"
	"time"

	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
)

// invariant is what must hold after a sync, whatever went wrong in it.
type invariant struct {
	name  string
	when  func(*witness, *playedSync) bool
	check func(*witness, *playedSync, report)
}

// report tells of something that does not hold.
type report func(format string, args ...any)

// invariants are all of them. Where two syncs ran at once nothing may be lost, but an export may be paid for twice.
var invariants = []invariant{
	{"rows stay", always, (*witness).rowsStay},
	{"the view stays", alone(always), (*witness).viewStays},
	{"the key is not told", always, (*witness).keyNotTold},
	{"only own jobs are cancelled", always, (*witness).ownCancelled},
	{"it ends in time", ended, (*witness).endsInTime},
	{"what landed is the truth", alone(ended), (*witness).landedIsTrue},
	{"done is never ahead", alone(always), (*witness).doneIsThere},
	{"manners", alone(always), (*witness).manners},
	{"no job of use is made again", alone(always), (*witness).noJobAgain},
	{"nothing is planned twice", alone(ended), (*witness).plannedOnce},
	{"what is planned is accounted for", alone(ended), (*witness).planAccounted},
	{"what was current stays in the plan", alone(ended), (*witness).watchedPlanned},
	{"what has settled is not exported", alone(always), (*witness).settledStays},
	{"each loss has its line and its row", alone(ended), (*witness).lossesTold},
	{"a stopped sync stops", alone(stopped), (*witness).stopsAtOnce},
	{"state knows the jobs", alone(always), (*witness).stateKnowsJobs},
	{"state knows what landed", alone(ended), (*witness).stateKnowsLanded},
	{"state forgets no quarter", alone(always), (*witness).stateKeepsCalendar},
	{"all lands within two undisturbed syncs", alone(always), (*witness).landsInTwo},
	{"activities and audit events are the truth", alone(always), (*witness).aroundLands},
	{"what activities cost is told", alone(ended), (*witness).windowsAccounted},
	{"no window is skipped", alone(ended), (*witness).windowsNotSkipped},
	{"errors can be read", always, (*witness).errorsReadable},
}

func always(*witness, *playedSync) bool      { return true }
func ended(_ *witness, p *playedSync) bool   { return p.stoppedAt.IsZero() }
func stopped(_ *witness, p *playedSync) bool { return !p.stoppedAt.IsZero() }
func (p *playedSync) alone() bool            { return p.beside == 0 }
func alone(when func(*witness, *playedSync) bool) func(*witness, *playedSync) bool {
	return func(w *witness, p *playedSync) bool { return p.alone() && when(w, p) }
}

// witness knows a world, and what happened in it: what the invariants go by.
type witness struct {
	*world
	config   sim.Config
	tabs     []randomTab // that the spec names
	since    time.Time   // first day of the activities that the spec names, if any
	played   []*playedSync
	problems []string
	tally    tally

	before   map[string]map[string]bool // table -> _cq_id of what was there before the last sync
	viewed   map[place]int              // what clari_forecast_current held then
	ledger   sim.Ledger                 // after it
	entries  map[any]bool               // jobs that landed when entries were among the tables
	compared map[string][]string        // job -> how what landed from it differs from its truth, after it
}

// playedSync is what one sync did.
type playedSync struct {
	step
	number     int
	start, end time.Time // on our clock
	stoppedAt  time.Time // when it was killed or cancelled; zero if neither came to it
	killed     bool
	err        error
	logs       *logs
	requests   []sim.Request
	created    []sim.Job         // by this sync
	exports    []row             // of clari_forecast_exports, as sent
	windows    []row             // of clari_activity_exports, as sent
	also       []row             // those of the sync that ran beside it
	journal    map[string]string // state backend before
	refusals   *atomic.Int64
	messages   int
	flushes    atomic.Int64
}

func (p *playedSync) took() time.Duration { return p.end.Sub(p.start) }

func newWitness(w *world, config sim.Config, tabs []randomTab) *witness {
	return &witness{world: w, config: config, tabs: tabs, tally: tally{fired: map[string]int{}}, entries: map[any]bool{}}
}

// look takes in what there is before a sync.
func (g *witness) look() {
	g.before = map[string]map[string]bool{}
	for table, rows := range g.wh.tables {
		g.before[table] = map[string]bool{}
		for id := range rows {
			g.before[table][id] = true
		}
	}
	g.viewed = g.view()
	g.ledger = g.sim.Ledger()
}

// see takes in what a sync did, and holds it against the invariants.
func (g *witness) see(p *playedSync) {
	requests, jobs := len(g.ledger.Requests), len(g.ledger.Jobs)
	g.ledger, g.compared = g.sim.Ledger(), map[string][]string{}
	p.requests = g.ledger.Requests[requests:]
	for _, j := range g.ledger.Jobs[jobs:] {
		if j.Request != 0 {
			p.created = append(p.created, j)
		}
	}
	for _, r := range slices.Concat(p.exports, p.also) {
		if hasLanded(r) && len(p.wants("clari_forecast_entries")) > 0 {
			g.entries[r["job_id"]] = true
		}
	}
	g.played = append(g.played, p)
	g.tally.fired["refused"] += int(p.refusals.Load())
	g.tally.count(p)
	for _, i := range invariants {
		if len(g.problems) == 0 && i.when(g, p) { // what comes after one that does not hold may follow from it
			i.check(g, p, func(format string, args ...any) { g.wrong(p, i.name, format, args...) })
		}
	}
}

// wrong notes that something does not hold.
func (g *witness) wrong(p *playedSync, invariant, format string, args ...any) {
	g.problems = append(g.problems, fmt.Sprintf("after sync %d (%v): %s: ", p.number, p.err, invariant)+fmt.Sprintf(format, args...))
}

// kept tells whether state had, before a sync, all that earlier ones gave it.
func (g *witness) kept(p *playedSync) bool {
	return g.state != nil && !p.backend.older && !slices.ContainsFunc(g.played[:p.number-1], func(e *playedSync) bool {
		return !e.backend.kept() || !e.alone()
	})
}

// doomed tells whether a sync heard that its key is refused, which is no export's own failure.
func (p *playedSync) doomed() bool {
	return p.err != nil && slices.ContainsFunc(p.requests, func(r sim.Request) bool {
		return r.Status == 401 && !slices.Contains(r.Faults, "no-optin")
	})
}

// place is where the rows of an export are: a later one replaces them.
type place struct{ forecast, scope, currency, quarter any }

func placeOf(r row) place {
	return place{r["forecast_id"], r["scope_id"], r["requested_currency"], r["requested_period"]}
}

// view counts the entries of clari_forecast_current: those of the job that landed last for each place.
func (g *witness) view() map[place]int {
	newest := map[place]row{}
	for _, r := range g.wh.rows("clari_forecast_exports", hasLanded) {
		before, at := newest[placeOf(r)], r["exported_at"].(int64)
		if g.entries[r["job_id"]] && (before == nil || before["exported_at"].(int64) < at) {
			newest[placeOf(r)] = r
		}
	}
	entries := map[any]int{}
	for _, r := range g.wh.tables["clari_forecast_entries"] {
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

func (g *witness) duration(key string) time.Duration {
	d, err := time.ParseDuration(g.spec[key].(string))
	if err != nil {
		panic(err)
	}
	return d
}

func (g *witness) number(key string) int {
	switch n := g.spec[key].(type) {
	case int:
		return n
	}
	return math.MaxInt
}

// stateText is all that the state backend holds.
func (g *witness) stateText() string { return fmt.Sprint(slices.Sorted(maps.Values(g.state))) }
