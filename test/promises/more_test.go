package promises

import (
	"fmt"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
	"github.com/cq-source-clari/cq-source-clari/test/world"
)

// TestAuditNeverEnds: each page names another one, and holds nothing. Only a link that repeats is noticed.
func TestAuditNeverEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := world.New(t, sim.Config{}, map[string]any{"audit": map[string]any{}})
		n := 0
		w.Sim.Add(sim.Fault{Op: sim.AuditEvents, Count: sim.Always, Do: sim.AltersPage("endless", func(page map[string]any) {
			n++
			page["items"], page["actors"] = []any{}, []any{}
			page["nextLink"] = fmt.Sprintf("/v4/audit/events?sessionId=%d", n)
		})})
		ended := false
		o := world.Only("clari_audit_*")
		o.Started = func(p *world.Process) { time.AfterFunc(10*time.Minute, func() { p.Kill() }) }
		err := w.Sync(o)
		ended = err != world.ErrKilled
		if !ended {
			t.Errorf("after ten minutes it had read %d empty pages, and went on", n)
		}
	})
}

// TestFoundAuditExport: the job of a lost creation of activities is looked for by module alone; an export of audit events by the same user
// is neither FORECAST nor DATA_INGESTION. Its result has no activities: the export fails, though "not ours" is what it is, and one more creation would do.
// TestWorkersForOneID: concurrency is "export jobs in flight, never above what Clari reports as free", so a large one means "as many as there
// are". For opportunities it is a number of goroutines, whatever there is to ask.
func TestWorkersForOneID(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := world.New(t, sim.Config{}, map[string]any{"concurrency": 200000, "opportunities": map[string]any{"ids": []string{"006000000000001AAA"}}})
		most, stack := 0, uint64(0)
		o := world.Interrupt{Request: func(*world.Process, sim.Op) {
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			most, stack = max(most, runtime.NumGoroutine()), max(stack, m.StackInuse)
		}}.Options()
		o.Tables = []string{"clari_opportunities"}
		w.MustSync(o)
		if most > 1000 {
			t.Errorf("%d goroutines, %d MiB of stacks, for one id (the spec takes 1,000,000)", most, stack>>20)
		}
	})
}

// TestOnePollKillsAnExport: a page of a load balancer in place of one poll's answer, later than a minute: the export fails at once, and without
// a state backend its job, which is nearly done, is cancelled. A 502 in its place would have been asked again eight times.
