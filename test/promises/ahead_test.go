package promises

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cloudquery/plugin-sdk/v4/message"

	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
	"github.com/cq-source-clari/cq-source-clari/test/world"
)

// TestPaysAheadOfADeadDestination: the destination takes nothing any more from the first record on (a lock, a full disk, a warehouse that is
// suspended); after an hour the user gives up. concurrency is 1. Jobs go on being created, one after the other, with nothing landed: all of the
// plan is paid for by then. design.md, section 3: "While one result is downloaded and decoded, the next job may already run".
func TestPaysAheadOfADeadDestination(t *testing.T) {
	for _, backend := range []bool{false, true} {
		t.Run(fmt.Sprint("backend ", backend), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := world.New(t, sim.Config{Tenant: world.Tiny, Run: sim.Fixed(20 * time.Second)}, map[string]any{"periods": []string{"1975_Q1..1999_Q4"}})
				if backend {
					w.WithState()
				}
				var p *world.Process
				stuck := false
				o := world.SyncOptions{Started: func(running *world.Process) { p = running }, Message: func(m message.SyncMessage) {
					if _, ok := m.(*message.SyncInsert); ok && !stuck {
						stuck = true
						time.Sleep(time.Hour)
						p.Kill()
					}
				}}
				o.Tables = []string{"clari_forecast_*"}
				if err := w.Sync(o); err != world.ErrKilled {
					t.Fatal(err)
				}
				spent := w.Sim.Ledger().Spent()
				if spent > 3 {
					t.Errorf("nothing has landed, and %d exports are paid for", spent)
				}
				time.Sleep(8 * time.Hour)
				w.MustSync(world.SyncOptions{SyncOptions: o.SyncOptions})
				t.Logf("after the next sync, 8 hours later: %d paid for 100", w.Sim.Ledger().Spent())
			})
		})
	}
}

// TestPaysForWhatFailsEachDay: results are of no use for one and the same reason (a shape that is not known, cut short by Clari, empty with on_empty
// fail): each quarter of the backfill is paid for to find that out, and paid for again by every sync, though these quarters are long over. For a result
// over max_result_bytes the journal remembers it; for these it does not.
func TestPaysForWhatFailsEachDay(t *testing.T) {
	for name, fault := range map[string]sim.Fault{
		"unknown shape": {Op: sim.Results, Count: sim.Always, Do: sim.AnswerJSON(200, map[string]any{"forecast": map[string]any{"rows": 1}})},
		"cut short":     {Op: sim.Create, Count: sim.Always, Do: sim.RowsTruncated()},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := world.New(t, sim.Config{Tenant: world.Tiny, Run: sim.Fixed(20 * time.Second)}, map[string]any{"periods": []string{"1994_Q1..1999_Q2"}, "fiscal_year_start_month": 2}).WithState()
				w.Sim.Add(fault)
				var err error
				for day := range 10 {
					dayAt(day, 6)
					err = w.Sync(world.ExportsOnly())
				}
				if spent := w.Sim.Ledger().Spent(); spent > 22*4 { // on days 0, 1, 3 and 7
					t.Errorf("10 daily syncs of 22 quarters that are over: %d exports paid for, no row: %.300v", spent, err)
				}
			})
		})
	}
}

// TestRetryPaysForAllAgain: docs/operation.md, in the Airflow example: "retries=1,  # with a state backend a retry pays for nothing twice". One of 24
// exports fails; the scheduler's retry half an hour later pays for all 24 again, 23 of which landed half an hour ago.
func TestRetryPaysForAllAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var tabs []sim.Tab
		for i := range 8 {
			tabs = append(tabs, sim.Tab{ID: fmt.Sprint("tab", i), Fields: sim.Fields(1)})
		}
		w := world.New(t, sim.Config{Tenant: sim.Tenant{People: 2, Tabs: tabs}, Run: sim.Fixed(20 * time.Second)}, map[string]any{
			"forecasts": world.Forecasts(tabs...), "periods": []string{"previous", "current", "next"},
		}).WithState()
		w.Sim.Add(sim.Fault{Op: sim.Results, Job: 17, Count: sim.Always, Do: sim.Answer(401)})
		t.Logf("first sync: %.200v", w.Sync(world.ExportsOnly()))
		w.Sim.ClearFaults()
		before := w.Sim.Ledger().Spent()
		time.Sleep(30 * time.Minute)
		w.MustSync(world.ExportsOnly())
		if again := w.Sim.Ledger().Spent() - before; again > 1 {
			t.Errorf("%d exports, of which %d landed; the retry half an hour later paid for %d", before, len(w.Exports("exported"))-again, again)
		}
	})
}
