package lifecycle

import (
	"fmt"
	"maps"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
)

// matrixKey is looked for in everything that a sync leaves behind.
const matrixKey = "matrix-key-5f0c2e9b"

// A matrixPhase is a part of a sync that faults can hit, and what it takes for the sync to come there.
type matrixPhase struct {
	name  string
	title string // of its table in the documentation
	about string
	op    sim.Op
	lead  []sim.Fault // brings the sync to the phase
	table string      // set: the fault hits what this table is made from, after all exports
}

// The three exports of a sync are a, b and c, in this order. What can hit one of them hits b.
var matrixPhases = []matrixPhase{
	{name: "create", title: "Creating", op: sim.Create, about: "The request for an export job, and the course that the job takes."},
	{name: "status", title: "Waiting", op: sim.Status, about: "Polls of the job."},
	{name: "results", title: "Downloading", op: sim.Results, about: "The result of the job."},
	{
		name: "list", title: "Looking for the job of a lost answer", op: sim.List, lead: []sim.Fault{lostCreate},
		about: "The list of jobs, after a creation whose answer was lost although Clari made a job.",
	},
	{
		name: "found", title: "Waiting for a job that was found", op: sim.Status, lead: []sim.Fault{lostCreate},
		about: "Polls of a job that was found in the list, after a creation whose answer was lost. It may be somebody else's: it is never cancelled.",
	},
	{
		name: "cancel", title: "Cancelling", op: sim.Cancel, lead: []sim.Fault{{Op: sim.Create, Forecast: "b", Do: sim.StuckRunning()}},
		about: "A job still runs when `run_timeout` has passed, so that the export has failed already. What counts is whether it is given back to the quota.",
	},
	{name: "limits", title: "Asking for the limits", op: sim.Limits, about: "The limits are asked for before every creation, until they turn out not to be readable."},
	{
		name: "table-jobs", title: "The table clari_export_jobs", op: sim.List, table: "clari_export_jobs",
		about: "What the table is made from. The exports have landed by then, and stay.",
	},
	{
		name: "table-limits", title: "The table clari_limits", op: sim.Limits, table: "clari_limits",
		about: "What the table is made from. The exports have landed by then, and stay.",
	},
}

// lostCreate is what hidden and twin jobs need to matter: nobody looks for a job whose id is known.
var lostCreate = sim.Fault{Op: sim.Create, Forecast: "b", Do: sim.Answer(504).AfterProcessing()}

// A matrixCell is one fault in one phase, once or for good.
type matrixCell struct {
	phase   matrixPhase
	kind    sim.Kind
	forGood bool
}

func (c matrixCell) String() string {
	return fmt.Sprintf("%s/%s/%s", c.phase.name, c.kind.Name, c.times())
}

func (c matrixCell) times() string {
	if c.forGood {
		return "for good"
	}
	return "once"
}

// A matrixSeen is what became of a cell.
type matrixSeen struct {
	outcome string // landed; late: landed, more than 100 seconds after it would have; failed
	jobs    int    // created for b
	spent   int    // of those, counted against the monthly quota
	next    int    // jobs that the next sync creates for b, when all is well again and there is a state backend
	text    string // of the error, without what differs from run to run
}

// matrixCells are all cells there are.
func matrixCells() (cells []matrixCell) {
	for _, p := range matrixPhases {
		for _, k := range sim.Kinds() {
			if slices.Contains(k.Ops, p.op) {
				cells = append(cells, matrixCell{p, k, false}, matrixCell{p, k, true})
			}
		}
	}
	return cells
}

// TestFaultMatrix runs every fault of the stand-in in every phase that it applies to, and holds what happens against what has to.
// With -update it writes what happened into the documentation.
func TestFaultMatrix(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(400)) // thousands of small syncs: collecting them is a third of the work
	cells := matrixCells()
	expected := expectations(t, cells)
	var mu sync.Mutex
	matrix := map[string]matrixSeen{}
	t.Run("cell", func(t *testing.T) {
		for _, c := range cells {
			t.Run(c.String(), func(t *testing.T) {
				t.Parallel()
				var with, without matrixSeen
				synctest.Test(t, func(t *testing.T) { with = c.run(t, true) })
				if c.phase.op != sim.Limits && c.phase.table == "" { // those have nothing to do with a backend
					synctest.Test(t, func(t *testing.T) { without = c.run(t, false) })
					if without.next != 1 {
						t.Errorf("without a backend the next sync creates %d jobs, want 1", without.next)
					}
					if c.phase.op == sim.Cancel && without.spent < with.spent {
						without.spent = with.spent // nobody will adopt the job, so the end of the sync tries once more to cancel it
					}
					if without.next = with.next; without != with {
						t.Errorf("a backend makes a difference:\n  with    %+v\n  without %+v", with, without)
					}
				}
				if want, ok := expected[c.String()]; ok {
					want.check(t, with)
				}
				mu.Lock()
				defer mu.Unlock()
				matrix[c.String()] = with
			})
		}
	})
	if len(matrix) != len(cells) { // a part of the matrix was asked for
		return
	}
	document(t, cells, matrix)
}

// run plays three syncs: one that is well, one with the fault, and one that is well again. After each the invariants of the random
// schedules hold too.
func (c matrixCell) run(t *testing.T, backend bool) matrixSeen {
	g := c.game(t)
	w := g.world
	w.wh.deleteStale = true
	if backend {
		w.withState()
	}
	tables := append(slices.Clone(resultTables), "clari_forecast_exports")
	if c.phase.table != "" {
		tables = append(tables, c.phase.table)
	}
	first := g.playStep(1, step{tables: tables})
	if first.err != nil {
		t.Fatalf("the sync before: %v", first.err)
	}
	before := w.ledgerOf("b")
	if wrong := w.wh.differ(before[0]); len(wrong) > 0 || len(w.wh.tables["clari_forecast_entries"]) == 0 {
		t.Fatalf("the sync before:%s", lines(wrong))
	}

	time.Sleep(24 * time.Hour)
	w.sim.Add(c.phase.lead...)
	if c.kind.Name == "hidden" || c.kind.Name == "twin" {
		w.sim.Add(lostCreate)
	}
	w.sim.Add(c.fault(w))
	p := g.playStep(2, step{tables: tables, keep: true})
	s := matrixSeen{outcome: "landed", text: normal(p.err)}
	switch {
	case p.err != nil:
		s.outcome = "failed"
	case p.took()-first.took() > 100*time.Second:
		s.outcome = "late"
	}
	jobs := w.ledgerOf("b")[len(before):]
	for _, job := range jobs {
		if s.jobs++; job.Counted {
			s.spent++
		}
	}
	c.check(t, w, p, before[0])

	time.Sleep(time.Hour)
	if p := g.playStep(3, step{tables: tables, final: true}); p.err != nil {
		t.Errorf("the next sync, with all well again: %v", p.err)
	}
	s.next = len(w.ledgerOf("b")) - len(before) - len(jobs)
	if n := w.intact(); n != 3 {
		t.Errorf("after the next sync %d exports are there whole, want 3", n)
	}
	if len(g.problems) > 0 {
		t.Errorf("%s\n%s", strings.Join(g.problems, "\n"), w.sim.Ledger())
	}
	w.keepsTheKey(p.err)
	return s
}

// game is the world that a cell is played in.
func (c matrixCell) game(t *testing.T) *game {
	cfg := sim.Config{Key: matrixKey, Tenant: sim.Tenant{People: 3}, Run: sim.Fixed(20 * time.Second)}
	period := randomPeriod{text: "2000_Q4"} // the current one, by name: a job of another quarter shows
	period.from.quarter, _ = sim.ParseQuarter(period.text)
	period.to = period.from
	var tabs []randomTab
	var forecasts []map[string]any
	for _, id := range []string{"a", "b", "c"} {
		cfg.Tenant.Tabs = append(cfg.Tenant.Tabs, sim.Tab{ID: id, Fields: sim.Fields(2)})
		tabs = append(tabs, randomTab{id: id, periods: []randomPeriod{period}})
		forecasts = append(forecasts, map[string]any{"id": id, "include_historical": fmt.Sprint(id == "b")})
	}
	w := newWorld(t, cfg, map[string]any{
		"forecasts": forecasts, "periods": []string{period.text}, "export_format": "json", "concurrency": 1, "delay_between_exports": "10s",
		"poll_interval": "5s", "poll_max_interval": "60s", "queue_timeout": "30m", "run_timeout": "30m", "settle_days": 14, "quota_reserve": 0, "time_zone": "UTC",
	})
	return &game{witness: newWitness(w, cfg, tabs), s: &schedule{}}
}

// fault is what is armed. What a table is made from is asked for once a sync, after all that the exports ask.
func (c matrixCell) fault(w *world) sim.Fault {
	f := sim.Fault{Op: c.phase.op, Do: c.kind.Build()}
	switch {
	case c.phase.table != "":
		if f.From = len(w.sim.Ledger().Of(c.phase.op)); c.phase.op == sim.List && w.state != nil {
			f.From-- // the first sync asked how long jobs take, and the journal knows it since
		}
	case c.phase.op == sim.List && w.state == nil:
		f.From = 2 // the first one asks how long jobs take
	case c.phase.op != sim.List && c.phase.op != sim.Limits:
		f.Forecast = "b"
	}
	if c.forGood {
		f.Count = sim.Always
	}
	return f
}

// check tells what a fault may not do beyond what the invariants say: the other tabs land, and what is lost leaves the rows of before.
func (c matrixCell) check(t *testing.T, w *world, p *playedSync, old sim.Job) {
	err, lost := p.err, 0
	for _, tab := range []string{"a", "b", "c"} {
		jobs := w.ledgerOf(tab)
		job := jobs[len(jobs)-1]
		lands := tab != "b" || err == nil || c.phase.table != ""
		if !lands {
			lost, job = 1, old // its rows stay as they were
		}
		if wrong := w.wh.differ(job); len(wrong) > 0 {
			t.Errorf("%s of job %d is not whole:%s", tab, job.Number, lines(wrong))
		}
	}
	if c.phase.table != "" {
		if len(w.wh.tables[c.phase.table]) == 0 {
			t.Errorf("%s is empty", c.phase.table)
		}
		if err != nil {
			lost++
		}
	}
	if n := p.logs.count("error", ""); n != lost {
		t.Errorf("%d error lines, %d lost:\n%s", n, lost, p.logs)
	}
	missing := "1 of 3 exports did not land: forecast b period 2000_Q4"
	if c.phase.name == "create" && c.kind.Name == "unauthorized" { // then nobody asks for c
		missing = "2 of 3 exports did not land: forecast b period 2000_Q4, forecast c period 2000_Q4: create export: HTTP 401"
	}
	if err != nil && c.phase.table == "" && !strings.Contains(err.Error(), missing) {
		t.Errorf("the error does not name what is missing: %v", err)
	}
}

// keepsTheKey looks for the API key in all that can be seen of a sync.
func (w *world) keepsTheKey(err error) {
	w.t.Helper()
	places := map[string]string{"log": w.logs.String(), "error": fmt.Sprint(err), "state": fmt.Sprint(w.state)}
	for name, rows := range w.wh.tables {
		places[name] = fmt.Sprint(slices.Collect(maps.Values(rows)))
	}
	for place, text := range places {
		if strings.Contains(text, w.sim.Key()) {
			w.t.Errorf("%s: the API key is in it: %s", place, text)
		}
	}
}

// ledgerOf are the jobs that requests created for a tab.
func (w *world) ledgerOf(tab string) []sim.Job {
	return slices.DeleteFunc(w.sim.Ledger().Created(), func(j sim.Job) bool { return j.Forecast != tab })
}

// intact counts the tabs whose newest export that landed is there whole.
func (w *world) intact() (n int) {
	newest := map[any]row{}
	for _, r := range w.wh.rows("clari_forecast_exports", func(r row) bool { return r["outcome"] == "exported" || r["outcome"] == "adopted" }) {
		if before := newest[r["forecast_id"]]; before == nil || before["exported_at"].(int64) < r["exported_at"].(int64) {
			newest[r["forecast_id"]] = r
		}
	}
	for _, job := range w.sim.Ledger().Jobs {
		if newest[job.Forecast]["job_id"] == job.ID && len(w.wh.differ(job)) == 0 {
			n++
		}
	}
	return n
}
