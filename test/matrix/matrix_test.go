// Package matrix runs every fault of the stand-in in every phase of an export.
package matrix

import (
	"fmt"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
	"github.com/cq-source-clari/cq-source-clari/test/random/observer"
	"github.com/cq-source-clari/cq-source-clari/test/random/play"
	"github.com/cq-source-clari/cq-source-clari/test/random/schedule"
	"github.com/cq-source-clari/cq-source-clari/test/world"
)

// secret is looked for in everything that a sync leaves behind.
const secret = "matrix-key-5f0c2e9b"

// A matrixPhase is a part of a sync that faults can hit, and what it takes for the sync to come there.
type phase struct {
	name  string
	title string // of its table in the documentation
	about string
	op    sim.Op
	lead  []sim.Fault // brings the sync to the phase
	table string      // set: the fault hits what this table is made from, after all exports
}

// The three exports of a sync are a, b and c, in this order. What can hit one of them hits b.
var phases = []phase{
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
type cell struct {
	phase   phase
	kind    sim.Kind
	forGood bool
}

func (c cell) String() string {
	return fmt.Sprintf("%s/%s/%s", c.phase.name, c.kind.Name, c.times())
}

func (c cell) times() string {
	if c.forGood {
		return "for good"
	}
	return "once"
}

// A matrixSeen is what became of a cell.
type seen struct {
	outcome string // landed; late: landed, more than 100 seconds after it would have; failed
	jobs    int    // created for b
	spent   int    // of those, counted against the monthly quota
	next    int    // jobs that the next sync creates for b, when all is well again and there is a state backend
	text    string // of the error, without what differs from run to run
}

// allCells are all cells there are.
func allCells() (cells []cell) {
	for _, p := range phases {
		for _, k := range sim.Kinds() {
			if slices.Contains(k.Ops, p.op) {
				cells = append(cells, cell{p, k, false}, cell{p, k, true})
			}
		}
	}
	return cells
}

// play runs a cell.
func (c cell) play(t *testing.T, backend bool) (s seen) {
	synctest.Test(t, func(t *testing.T) { s = c.run(t, backend) })
	return s
}

// TestFaultMatrix runs every fault of the stand-in in every phase that it applies to, and holds what happens against what has to.
// With -update it writes what happened into the documentation.
func TestFaultMatrix(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(400)) // thousands of small syncs: collecting them is a third of the work
	cells, every := allCells(), 1
	if testing.Short() {
		every = 6
	}
	expected := expectations(t, cells)
	var mu sync.Mutex
	matrix := map[string]seen{}
	t.Run("cell", func(t *testing.T) {
		for i, c := range cells {
			if i%every != 0 {
				continue
			}
			t.Run(c.String(), func(t *testing.T) {
				t.Parallel()
				var with, without seen
				with = c.play(t, true)
				if c.phase.op != sim.Limits && c.phase.table == "" { // those have nothing to do with a backend
					without = c.play(t, false)
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
func (c cell) run(t *testing.T, backend bool) seen {
	g := c.game(t)
	w := g.World
	w.Destination.DeleteStale = true
	if backend {
		w.WithState()
	}
	tables := append(slices.Clone(world.ResultTables), "clari_forecast_exports")
	if c.phase.table != "" {
		tables = append(tables, c.phase.table)
	}
	first := g.PlayStep(1, schedule.Step{Tables: tables})
	if first.Err != nil {
		t.Fatalf("the sync before: %v", first.Err)
	}
	before := w.LedgerOf("b")
	if wrong := w.Destination.Differ(before[0]); len(wrong) > 0 || len(w.Destination.Tables["clari_forecast_entries"]) == 0 {
		t.Fatalf("the sync before:%s", world.Lines(wrong))
	}

	time.Sleep(24 * time.Hour)
	w.Sim.Add(c.phase.lead...)
	if c.kind.Name == "hidden" || c.kind.Name == "twin" {
		w.Sim.Add(lostCreate)
	}
	w.Sim.Add(c.fault(w))
	p := g.PlayStep(2, schedule.Step{Tables: tables, Keep: true})
	s := seen{outcome: "landed", text: normal(p.Err)}
	switch {
	case p.Err != nil:
		s.outcome = "failed"
	case p.Took()-first.Took() > 100*time.Second:
		s.outcome = "late"
	}
	jobs := w.LedgerOf("b")[len(before):]
	for _, job := range jobs {
		if s.jobs++; job.Counted {
			s.spent++
		}
	}
	c.check(t, w, p, before[0])

	time.Sleep(time.Hour)
	if slices.ContainsFunc(p.Exports, func(r world.Row) bool { return r["next_try"] != nil }) { // its result failed for what is in it
		time.Sleep(24 * time.Hour)
	}
	if p := g.PlayStep(3, schedule.Step{Tables: tables, Final: true}); p.Err != nil {
		t.Errorf("the next sync, with all well again: %v", p.Err)
	}
	s.next = len(w.LedgerOf("b")) - len(before) - len(jobs)
	if n := w.Intact(); n != 3 {
		t.Errorf("after the next sync %d exports are there whole, want 3", n)
	}
	if len(g.Problems) > 0 {
		t.Errorf("%s\n%s", strings.Join(g.Problems, "\n"), w.Sim.Ledger())
	}
	w.KeepsTheKey(p.Err)
	return s
}

// defaultTypes are those of a spec that names none.
var defaultTypes = []string{"forecast", "forecast_updated", "quota", "adjustment"}

// game is the world that a cell is played in.
func (c cell) game(t *testing.T) *play.Player {
	cfg := sim.Config{Key: secret, Tenant: sim.Tenant{People: 3}, Run: sim.Fixed(20 * time.Second)}
	period := schedule.Period{Text: "2000_Q4"} // the current one, by name: a job of another quarter shows
	period.From.Quarter, _ = sim.ParseQuarter(period.Text)
	period.To = period.From
	var tabs []schedule.Tab
	var forecasts []map[string]any
	for _, id := range []string{"a", "b", "c"} {
		cfg.Tenant.Tabs = append(cfg.Tenant.Tabs, sim.Tab{ID: id, Fields: sim.Fields(2)})
		tabs = append(tabs, schedule.Tab{ID: id, Types: defaultTypes, Periods: []schedule.Period{period}})
		forecasts = append(forecasts, map[string]any{"id": id, "include_historical": fmt.Sprint(id == "b")})
	}
	w := world.New(t, cfg, map[string]any{
		"forecasts": forecasts, "periods": []string{period.Text}, "export_format": "json", "concurrency": 1, "delay_between_exports": "10s",
		"poll_interval": "5s", "poll_max_interval": "60s", "queue_timeout": "30m", "run_timeout": "30m", "settle_days": 14, "quota_reserve": 0, "time_zone": "UTC",
	})
	return &play.Player{Observer: observer.New(w, cfg, tabs), S: &schedule.Schedule{}}
}

// fault is what is armed. What a table is made from is asked for once a sync, after all that the exports ask.
func (c cell) fault(w *world.World) sim.Fault {
	f := sim.Fault{Op: c.phase.op, Do: c.kind.Build()}
	switch {
	case c.phase.table != "" && c.phase.op == sim.Limits: // the first thing that a sync asks for
	case c.phase.table != "":
		if f.From = len(w.Sim.Ledger().Of(c.phase.op)); c.phase.op == sim.List && w.State != nil {
			f.From-- // the first sync asked how long jobs take, and the journal knows it since
		}
	case c.phase.op == sim.List && w.State == nil:
		f.From = 2 // the first one asks how long jobs take
	case c.phase.op != sim.List && c.phase.op != sim.Limits:
		f.Forecast = "b"
	}
	if c.forGood {
		f.Count = sim.Always
	}
	return f
}

// alsoC tells whether nobody asks for c any more once b has failed: since the key is refused, or it cannot be told whether there is a quota.
func (c cell) alsoC() bool {
	refused := c.kind.Name == "unauthorized" && (c.phase.name == "status" || c.phase.name == "found")
	return c.forGood && (refused || c.phase.name == "create" && c.kind.Name == "quota-reached")
}

// check tells what a fault may not do beyond what the invariants say: the other tabs land, and what is lost leaves the rows of before.
func (c cell) check(t *testing.T, w *world.World, p *observer.Sync, old sim.Job) {
	err, lost := p.Err, 0
	for _, tab := range []string{"a", "b", "c"} {
		jobs := w.LedgerOf(tab)
		job := jobs[len(jobs)-1]
		lands := tab != "b" || err == nil || c.phase.table != ""
		if !lands {
			lost, job = 1, old // its rows stay as they were
		}
		if wrong := w.Destination.Differ(job); len(wrong) > 0 {
			t.Errorf("%s of job %d is not whole:%s", tab, job.Number, world.Lines(wrong))
		}
	}
	if c.phase.table != "" {
		if len(w.Destination.Tables[c.phase.table]) == 0 {
			t.Errorf("%s is empty", c.phase.table)
		}
		if err != nil {
			lost++
		}
	}
	if c.alsoC() && c.phase.name == "create" { // of a refused key one line tells
		lost++
	}
	if n := p.Logs.Count("error", ""); n != lost {
		t.Errorf("%d error lines, %d lost:\n%s", n, lost, p.Logs)
	}
	missing := "1 of 3 exports did not land: forecast b period 2000_Q4"
	if c.alsoC() {
		missing = "2 of 3 exports did not land: forecast b period 2000_Q4"
	}
	if err != nil && c.phase.table == "" && !strings.Contains(err.Error(), missing) {
		t.Errorf("the error does not name what is missing: %v", err)
	}
}
