package lifecycle

import (
	"encoding/json"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
)

// game is a schedule being played.
type game struct {
	*witness
	s *schedule
}

// play plays a schedule to its end, or until something is wrong.
func play(t *testing.T, s *schedule, total *tally) {
	fields := maps.Clone(s.spec)
	g := &game{s: s, witness: newWitness(newWorld(t, s.config, fields), s.config, s.tabs)}
	g.since = s.since
	if s.state {
		g.withState()
	}
	g.wh.deleteStale = s.deleteStale
	time.Sleep(s.start)
	for i, step := range s.steps {
		g.pauseBefore(step)
		g.playStep(i+1, step)
		if len(g.problems) > 0 || step.final && g.played[i].err == nil {
			break
		}
	}
	g.tally.req, g.tally.jobs = len(g.sim.Ledger().Requests), len(g.sim.Ledger().Created())
	for _, r := range g.sim.Ledger().Requests {
		for _, name := range r.Faults {
			g.tally.fired[name]++
		}
	}
	total.add(&g.tally)
	if len(g.problems) > 0 {
		t.Errorf("%s\n\nplay it alone: go test ./test/lifecycle -run 'TestRandom$' -v -seed %d\n\n%s\n\nledger:\n%s",
			strings.Join(g.problems, "\n"), s.seed, s, g.sim.Ledger())
	}
	if *seed >= 0 {
		for _, p := range g.played {
			t.Logf("sync %d, %s to %s: %v\n%s", p.number, p.start.Format(time.DateTime), p.end.Format(time.DateTime), p.err, p.logs)
		}
		if len(g.problems) == 0 {
			t.Logf("%s\n%s", s, g.sim.Ledger())
		}
	}
}

// pauseBefore waits for the time of a step.
func (g *game) pauseBefore(st step) {
	if st.turn == 0 {
		time.Sleep(st.pause)
		return
	}
	now, calendar := g.sim.Now(), g.sim.Tenant().Calendar
	next, _ := calendar.Days(calendar.QuarterOf(now.Add(max(-st.turn, 0))).Add(1)) // whose turn is not so near that it is too late
	time.Sleep(next.Add(st.turn).Sub(now))
}

// playStep plays one sync, and holds it against the invariants.
func (g *game) playStep(number int, st step) *playedSync {
	if st.final && len(g.s.lasting) > 0 && !strings.HasPrefix(g.s.lasting[0].kind, "odd-item") {
		st.tables = slices.Concat(resultTables, []string{"clari_forecast_exports"}) // the others are made from what cannot be had
	}
	if st.backend.older {
		g.age()
	}
	p := &playedSync{step: st, number: number, start: time.Now(), logs: &logs{}, journal: maps.Clone(g.state)}
	if !st.keep {
		g.sim.ClearFaults()
		g.arm(g.s.lasting)
	}
	g.arm(st.faults)
	if st.final {
		g.sim.SetCapacity(100, 100_000)
	}
	for range st.foreign {
		g.sim.Plant(sim.Job{UserID: 7, Run: 90 * time.Second})
	}
	was := maps.Clone(g.spec)
	maps.Copy(g.spec, st.spec)
	g.logs = p.logs
	g.look()

	p.err = g.run(p)

	if p.err == nil {
		p.stoppedAt = time.Time{} // it had done all when it was cancelled
	}
	g.see(p)
	g.spec = was
	return p
}

func (g *game) arm(faults []randomFault) {
	for _, f := range faults {
		g.sim.Add(f.Fault)
	}
}

// age takes from the entries of state what older ones did not have.
func (g *game) age() {
	for key, value := range g.state {
		var e map[string]any
		if json.Unmarshal([]byte(value), &e) != nil || e["state"] == nil { // of another form altogether
			g.state[key] = `{"older": [1, "form"]}`
			continue
		}
		maps.DeleteFunc(e, func(k string, _ any) bool {
			return !slices.Contains([]string{"state", "job_id", "at", "done_job_id"}, k)
		})
		text, err := json.Marshal(e)
		if err != nil {
			panic(err)
		}
		g.state[key] = string(text)
	}
}

// run runs the sync of a step, with what happens meanwhile, and stops it as the step says.
func (g *game) run(p *playedSync) error {
	m := &meanwhile{game: g, p: p}
	options := m.options()
	var beside sync.WaitGroup
	if p.beside > 0 {
		beside.Go(func() {
			time.Sleep(p.beside)
			_ = g.sync(syncOptions{logs: &logs{}, spec: maps.Clone(g.spec), flush: options.flush, started: m.guard, message: m.beside})
		})
	}
	err := g.sync(options)
	p.end = time.Now()
	beside.Wait()
	m.end()
	if p.backend.losesLast && m.beforeLast != nil {
		g.state = m.beforeLast
	}
	return err
}

// journalled are the entries of a state backend that are about exports.
func journalled(state map[string]string) map[string]journalEntry {
	found := map[string]journalEntry{}
	for key, value := range state {
		var e journalEntry
		if strings.HasPrefix(key, "clari/export/") && json.Unmarshal([]byte(value), &e) == nil {
			found[key] = e
		}
	}
	return found
}

type journalEntry struct {
	State     string   `json:"state"`
	JobID     string   `json:"job_id"`
	DoneJobID string   `json:"done_job_id"`
	Tables    []string `json:"tables"`
}

// checkNoFiles: no spool is left behind, however a sync ended.
func checkNoFiles(t *testing.T) {
	left, err := os.ReadDir(os.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	left = slices.DeleteFunc(left, func(e os.DirEntry) bool { return !strings.HasSuffix(e.Name(), ".spool") })
	if len(left) > 0 {
		t.Errorf("%d spool files are left, such as %s", len(left), left[0].Name())
	}
}
