package promises

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
	"github.com/cq-source-clari/cq-source-clari/test/world"
)

// TestPaidTwiceWithoutAWord: docs/reliability.md: "No export is paid for twice, unless the first job is beyond recovery. The log then says so." A job of
// an earlier sync that is given up (too old, vanished, not this user's any more) is named in no line of the sync that pays for another.
func TestPaidTwiceWithoutAWord(t *testing.T) {
	for name, befall := range map[string]func(*world.World){
		"too old":  func(w *world.World) { time.Sleep(7 * time.Hour) },
		"vanished": func(w *world.World) { w.Sim.Change(func(j *sim.Job) { j.Vanished = true }) },
		"one 404":  func(w *world.World) { w.Sim.Add(sim.Fault{Op: sim.Status, Do: lc3Balancer(404)}) },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := world.New(t, sim.Config{Run: sim.Fixed(time.Minute)}, nil).WithState()
				if err := w.Sync(world.Interrupt{Request: world.On(sim.Results, (*world.Process).Kill)}.Options()); err != world.ErrKilled {
					t.Fatal(err)
				}
				time.Sleep(2 * time.Minute)
				befall(w)
				second := &world.Logs{}
				w.MustSync(world.SyncOptions{Logs: second})
				first := w.Sim.Ledger().Created()[0].ID
				told := 0
				for line := range strings.Lines(second.String()) {
					if strings.Contains(line, first) && !strings.Contains(line, `"level":"debug"`) {
						told++
					}
				}
				if n := w.Sim.Ledger().Spent(); n == 2 && told == 0 {
					t.Errorf("2 exports paid for one, and no line above debug of the second sync names job %s", first)
				}
			})
		})
	}
}

// TestNoAuditRightsDoublesTheBill: a token without audit rights (configuration.md: "these tables fail, by name, and everything else lands") makes each
// sync fail; an orchestrator's one retry, as in operation.md, then pays for every export twice, every day.
func TestNoAuditRightsDoublesTheBill(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := world.New(t, sim.Config{Tenant: world.Tiny, Run: sim.Fixed(20 * time.Second), Around: sim.Around{AuditForbidden: true}}, map[string]any{
			"periods": []string{"previous", "current", "next"}, "audit": map[string]any{},
		}).WithState()
		for day := range 10 {
			dayAt(day, 6)
			if w.Sync() != nil { // the orchestrator's retry
				time.Sleep(30 * time.Minute)
				_ = w.Sync()
			}
		}
		if spent := w.Sim.Ledger().Spent(); spent > 30 {
			t.Errorf("10 days of 3 exports: %d paid for%s", spent, fmt.Sprint())
		}
	})
}
