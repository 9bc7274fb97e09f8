// Package play plays the syncs of a schedule in a world, with what happens meanwhile, and holds each against the invariants.
package play

import (
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
	"github.com/cq-source-clari/cq-source-clari/test/random/invariant"
	"github.com/cq-source-clari/cq-source-clari/test/random/observer"
	"github.com/cq-source-clari/cq-source-clari/test/random/schedule"
	"github.com/cq-source-clari/cq-source-clari/test/world"
)

// Player is a schedule being played.
type Player struct {
	*observer.Observer
	S    *schedule.Schedule
	Held invariant.Selection
}

// Options are how a schedule is played.
type Options struct {
	Held    invariant.Selection
	Again   string // how to play it alone
	Verbose bool   // show the log of each sync
}

// Play plays a schedule to its end, or until something is wrong.
func Play(t *testing.T, s *schedule.Schedule, total *observer.Tally, o Options) {
	fields := maps.Clone(s.Spec)
	g := &Player{S: s, Held: o.Held, Observer: observer.New(world.New(t, s.Config, fields), s.Config, s.Tabs)}
	g.Since = s.Since
	if s.State {
		g.WithState()
	}
	g.Destination.DeleteStale, g.Destination.Batches = s.DeleteStale, s.Batches
	time.Sleep(s.Start)
	for i, step := range s.Steps {
		g.pauseBefore(step)
		g.PlayStep(i+1, step)
		if len(g.Problems) > 0 || step.Final && g.Played[i].Err == nil {
			break
		}
	}
	g.Tally.Req, g.Tally.Jobs = len(g.Sim.Ledger().Requests), len(g.Sim.Ledger().Created())
	for _, r := range g.Sim.Ledger().Requests {
		for _, name := range r.Faults {
			g.Tally.Fired[name]++
		}
	}
	total.Add(&g.Tally)
	if len(g.Problems) > 0 {
		t.Errorf("%s\n\nplay it alone: go test ./test/random -v %s\n\n%s\n\nledger:\n%s", strings.Join(g.Problems, "\n"), o.Again, s, g.Sim.Ledger())
	}
	if o.Verbose {
		for _, p := range g.Played {
			t.Logf("sync %d, %s to %s: %v\n%s", p.Number, p.Start.Format(time.DateTime), p.End.Format(time.DateTime), p.Err, p.Logs)
		}
		if len(g.Problems) == 0 {
			t.Logf("%s\n%s", s, g.Sim.Ledger())
		}
	}
}

// pauseBefore waits for the time of a step.
func (g *Player) pauseBefore(st schedule.Step) {
	if st.Turn == 0 {
		time.Sleep(st.Pause)
		return
	}
	now, calendar := g.Sim.Now(), g.Sim.Tenant().Calendar
	next, _ := calendar.Days(calendar.QuarterOf(now.Add(max(-st.Turn, 0))).Add(1)) // whose turn is not so near that it is too late
	time.Sleep(next.Add(st.Turn).Sub(now))
}

// PlayStep plays one sync, and holds it against the invariants.
func (g *Player) PlayStep(number int, st schedule.Step) *observer.Sync {
	if st.Final && len(g.S.Lasting) > 0 && !strings.HasPrefix(g.S.Lasting[0].Kind, "odd-item") {
		st.Tables = slices.Concat(world.ResultTables, []string{"clari_forecast_exports"}) // the others are made from what cannot be had
	}
	if st.Backend.Older {
		g.age()
	}
	p := &observer.Sync{Step: st, Number: number, Start: time.Now(), Logs: &world.Logs{}, Journal: maps.Clone(g.State), Keys: map[string]map[string]int{}, Sent: map[string]time.Time{}, Reported: map[string]time.Time{}}
	if !st.Keep {
		g.Sim.ClearFaults()
		g.arm(g.S.Lasting)
	}
	g.arm(st.Faults)
	if st.Final {
		g.Sim.SetCapacity(100, 100_000)
	}
	for range st.Foreign {
		g.Sim.Plant(sim.Job{UserID: 7, Run: 90 * time.Second})
	}
	was := maps.Clone(g.Spec)
	maps.Copy(g.Spec, st.Spec)
	g.Logs, p.Used = p.Logs, maps.Clone(g.Spec)
	g.Begin()

	p.Err = g.run(p)

	if p.Err == nil {
		p.StoppedAt = time.Time{} // it had done all when it was cancelled
	}
	g.End(p)
	g.Held.Hold(g.Observer, p)
	g.Spec = was
	return p
}

func (g *Player) arm(faults []schedule.Fault) {
	for _, f := range faults {
		g.Sim.Add(f.Fault)
	}
}

// age puts state of another form in place of all that is there.
func (g *Player) age() {
	for key := range g.State {
		g.State[key] = `{"older": [1, "form"]}`
	}
}

// run runs the sync of a step, with what happens meanwhile, and stops it as the step says.
func (g *Player) run(p *observer.Sync) error {
	m := &disturbance{Player: g, p: p}
	options := m.options()
	var beside sync.WaitGroup
	if p.Beside > 0 {
		beside.Go(func() {
			time.Sleep(p.Beside)
			_ = g.Sync(world.SyncOptions{Logs: &world.Logs{}, Spec: maps.Clone(g.Spec), Flush: options.Flush, Started: m.guard, Message: m.beside})
		})
	}
	err := g.Sync(options)
	p.End = time.Now()
	beside.Wait()
	m.end()
	if p.Backend.LosesLast && m.beforeLast != nil {
		g.State = m.beforeLast
	}
	return err
}

// CheckNoFiles: no spool is left behind, however a sync ended.
func CheckNoFiles(t *testing.T) {
	left, err := os.ReadDir(os.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	left = slices.DeleteFunc(left, func(e os.DirEntry) bool { return !strings.HasSuffix(e.Name(), ".spool") })
	if len(left) > 0 {
		t.Errorf("%d spool files are left, such as %s", len(left), left[0].Name())
	}
}
