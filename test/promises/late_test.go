package promises

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
	"github.com/cq-source-clari/cq-source-clari/test/world"
)

// TestOne401SkipsTheRest: one poll of one of two exports is answered 401 (a gateway that reloads its keys). The other lands, with the same key;
// yet audit events, opportunities, jobs and limits are not even asked for, and the error does not say so.
func TestOne401SkipsTheRest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := world.New(t, sim.Config{Tenant: sim.Tenant{Tabs: world.ThreeTabs}, Run: sim.Fixed(20 * time.Second)}, map[string]any{
			"forecasts": world.Forecasts(world.ThreeTabs[:2]...), "audit": map[string]any{}, "opportunities": map[string]any{"ids": []string{"006000000000001AAA", "006000000000002"}},
		}).WithState()
		w.Sim.Add(sim.Fault{Op: sim.Status, Do: sim.Answer(401)})
		err := w.Sync()
		n := map[string]int{}
		for _, table := range []string{"clari_limits", "clari_export_jobs", "clari_audit_events", "clari_opportunities"} {
			n[table] = len(w.Destination.Rows(table, nil))
		}
		if n["clari_audit_events"] == 0 {
			t.Errorf("%d exports landed; other tables: %v; error: %v", len(w.Exports("exported")), n, err)
		}
	})
}

// TestBalancersPageForAResult: as TestBalancersPagePaysTwice, where the page comes in place of the result of a job that an earlier sync left.
// TestBlockedUntilRefresh: the results of a job that is done answer 500 or 410 for good. The quarter is over: its job "will do for as long as its
// result lives", so every sync adopts it and fails, until Clari says that it has expired (30 days) or the user finds refresh.
// TestOddAuditEvent: one item of a page is null among good ones, and no sync lands any event of that page or of later ones, until it is older than
// Clari lists: then the others are lost too. A list of jobs with an odd item is a list without that item (reliability.md).
// TestRefusalForgetsAnUnclearCreation: the first request is answered 504 although it made a job, which is in the list half a minute later. The
// second is refused (429 for two hours; a spent quota or a full queue do the same): the journal then says "failed", that no job was made. The next sync
// does not look for the job, and pays for another. Killed after the first request, it would have found it.
func TestRefusalForgetsAnUnclearCreation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := world.New(t, sim.Config{Run: sim.Fixed(time.Minute), OnJob: func(j *sim.Job) { j.Hidden = j.Number == 1 }}, nil).WithState()
		w.Sim.Add(sim.Fault{Op: sim.Create, Do: sim.Answer(504).AfterProcessing()}, sim.Fault{Op: sim.Create, From: 2, Do: sim.Throttled().RetryAfter(2 * time.Hour)})
		time.AfterFunc(time.Hour, func() { w.Sim.Change(func(j *sim.Job) { j.Hidden = false }) })
		t.Logf("first sync: %v", w.Sync())
		time.Sleep(3 * time.Hour)
		w.MustSync()
		w.Spent(1)
	})
}
