package blocks

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cloudquery/plugin-sdk/v4/message"

	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
	"github.com/cq-source-clari/cq-source-clari/test/world"
)

var auditTables = world.Only("clari_audit_*")

const thirtyDays = 30 * 24 * time.Hour

// TestAuditEvents lists what there is, in every form in which Clari may answer, equal events included.
func TestAuditEvents(t *testing.T) {
	t.Parallel()
	for _, around := range []sim.Around{
		{},
		{AuditEqual: 3, AuditKey: "activities", AuditActorNumbers: true, AuditTimes: sim.Instant, AuditLinks: sim.QueryOnly},
		{AuditEqual: 2, AuditOldest: true, AuditTimes: sim.Millis, AuditLinks: sim.FromRoot},
		{AuditEqual: 5, AuditTimes: sim.Seconds, AuditEvery: 500 * time.Second},
		{AuditEvery: 100 * 24 * time.Hour},
	} {
		t.Run(fmt.Sprintf("%+v", around), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := world.New(t, sim.Config{Around: around}, map[string]any{"audit": map[string]any{"since": "1999-12-15"}})
				now := time.Now()
				if err := w.Sync(auditTables); err != nil {
					t.Fatal(err)
				}
				if wrong := w.AuditDiffer(time.Date(1999, 12, 15, 0, 0, 0, 0, time.UTC), now, now); len(wrong) > 0 {
					t.Errorf("%s", world.Lines(wrong))
				}
				if n := w.Logs.Count("info", "no state backend: every sync lists audit events anew"); n != 1 {
					t.Errorf("%d lines about the state backend", n)
				}
				ledger := w.Sim.Ledger()
				if spent := ledger.Spent(); spent != 0 || len(ledger.WithoutKey()) > 0 {
					t.Errorf("%d exports spent", spent)
				}
				if n, most := len(ledger.Of(sim.AuditEvents)), len(w.Destination.Rows("clari_audit_events", nil))/1000+1; n > most {
					t.Errorf("%d requests, want %d", n, most)
				}
			})
		})
	}
}

// TestAuditGoesOn: day by day a sync lists what is new, late events and equal ones too, and nothing comes twice or is lost, though syncs
// fail midway.
func TestAuditGoesOn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := world.New(t, sim.Config{Around: sim.Around{
			AuditEvery: time.Minute, AuditEqual: 4, AuditLate: 50 * time.Minute,
		}}, map[string]any{"audit": map[string]any{"since": "1999-12-31"}, "max_retries": 0}).WithState()
		since := time.Date(1999, 12, 31, 0, 0, 0, 0, time.UTC)
		for day := range 7 {
			time.Sleep(24*time.Hour + 17*time.Second)
			failing := day%3 == 1
			if failing {
				w.Sim.Add(sim.Fault{Op: sim.AuditEvents, From: 2, Do: sim.Answer(500)})
			}
			before := len(w.Sim.Ledger().Of(sim.AuditEvents))
			now := time.Now()
			err := w.Sync(auditTables)
			if failing != (err != nil) {
				t.Fatalf("day %d: %v", day, err)
			}
			if failing {
				if len(w.Destination.Rows("clari_audit_events", nil)) == 0 {
					t.Error("the first page did not land")
				}
				continue
			}
			if wrong := w.AuditDiffer(since, now, now); len(wrong) > 0 {
				t.Errorf("day %d: %s", day, world.Lines(wrong))
			}
			if n := len(w.Sim.Ledger().Of(sim.AuditEvents)) - before; day > 0 && n > 4 {
				t.Errorf("day %d: %d pages", day, n)
			}
		}
		if n := w.Logs.Count("warn", ""); n != 0 {
			t.Errorf("%d warnings:\n%s", n, w.Logs)
		}
	})
}

// TestAuditCursorNeedsBarrier: a sync that is killed before destinations wrote out what it sent is as if it had not been.
func TestAuditCursorNeedsBarrier(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := world.New(t, sim.Config{}, map[string]any{"audit": map[string]any{"since": "1999-12-20"}}).WithState()
		var p *world.Process
		sent := false
		o := auditTables
		o.Started = func(started *world.Process) { p = started }
		o.Message = func(m message.SyncMessage) {
			switch m.(type) {
			case *message.SyncInsert:
				sent = true
			case *message.SyncMigrateTable:
				if sent { // the barrier has begun, and destinations have written nothing yet
					p.Kill()
				}
			}
		}

		if err := w.Sync(o); err == nil {
			t.Fatal("not killed")
		}
		if len(w.State) != 0 {
			t.Errorf("state: %v", w.State)
		}
		time.Sleep(2 * time.Hour)
		now := time.Now()
		if err := w.Sync(auditTables); err != nil {
			t.Fatal(err)
		}
		if wrong := w.AuditDiffer(time.Date(1999, 12, 20, 0, 0, 0, 0, time.UTC), now, now); len(wrong) > 0 {
			t.Errorf("%s", world.Lines(wrong))
		}
	})
}

// TestAuditGap: nobody can fill it, and one warning names it.
func TestAuditGap(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := world.New(t, sim.Config{Around: sim.Around{AuditEvery: time.Hour}}, map[string]any{"audit": map[string]any{}}).WithState()
		if err := w.Sync(auditTables); err != nil {
			t.Fatal(err)
		}
		time.Sleep(29 * 24 * time.Hour)
		if err := w.Sync(auditTables); err != nil {
			t.Fatal(err)
		}
		if n := w.Logs.Count("warn", ""); n != 0 {
			t.Errorf("%d warnings:\n%s", n, w.Logs)
		}
		time.Sleep(40 * 24 * time.Hour)
		if err := w.Sync(auditTables); err != nil {
			t.Fatal(err)
		}
		if n := w.Logs.Count("warn", `"from":"2000-01-30T00:00:`); n != 1 || w.Logs.Count("warn", "") != 1 {
			t.Errorf("warnings:\n%s", w.Logs)
		}
		now := time.Now()
		landed := map[int64]bool{} // by microseconds
		for _, r := range w.Destination.Rows("clari_audit_events", nil) {
			landed[r.Time("occurred_at").UnixMicro()] = true
		}
		for e := range w.Sim.AuditEvents(now.Add(-thirtyDays+time.Minute), now, now) {
			if !landed[e.At.UnixMicro()] {
				t.Errorf("no event of %s", e.At)
			}
		}
	})
}

// TestAuditFails: the table fails by name, whatever else there is lands, and the key goes nowhere.
func TestAuditFails(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		do   sim.Effect
		want string
		rows bool // of the page that has the fault
	}{
		{"no rights", sim.NoAuditRights(), "HTTP 403: You do not have the rights to view audit events.", false},
		{"401", sim.Answer(401), "HTTP 401: Invalid authentication credentials", false},
		{"link elsewhere", sim.LinkElsewhere("https://elsewhere.example"), "nextLink leads to https://elsewhere.example: not followed", true},
		{"link repeats", sim.LinkRepeats(), "nextLink repeats", true},
		{"other shape", sim.OtherShape(), `neither items nor activities in it; its keys: ["actors" "nextLink" "records"]`, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := world.New(t, sim.Config{Around: sim.Around{AuditEvery: 30 * time.Minute}}, map[string]any{"audit": map[string]any{"since": "1999-12-05"}}).WithState()
				w.Sim.Add(sim.Fault{Op: sim.AuditEvents, Count: sim.Always, Do: test.do})
				err := w.Sync(world.Only("clari_audit_events", "clari_audit_actors", "clari_limits", "clari_forecast_users"))
				if err == nil || !strings.Contains(err.Error(), "table clari_audit_events and clari_audit_actors: get audit events, page 1: ") || !strings.Contains(err.Error(), test.want) {
					t.Errorf("%v", err)
				}
				if n := w.Logs.Count("error", "clari_audit_events"); n != 1 || w.Logs.Count("error", "") != 1 {
					t.Errorf("error lines:\n%s", w.Logs)
				}
				for _, table := range []string{"clari_limits", "clari_forecast_users"} {
					if len(w.Destination.Rows(table, nil)) == 0 {
						t.Errorf("%s is empty", table)
					}
				}
				if n := len(w.Destination.Rows("clari_audit_events", nil)); test.rows != (n > 0) {
					t.Errorf("%d events", n)
				}
				for key := range w.State {
					if strings.HasPrefix(key, "clari/audit/") {
						t.Errorf("the cursor moved: %s", w.State[key])
					}
				}
				w.Sim.ClearFaults()
				now := time.Now()
				if err := w.Sync(auditTables); err != nil {
					t.Fatal(err)
				}
				if wrong := w.AuditDiffer(time.Date(1999, 12, 5, 0, 0, 0, 0, time.UTC), now, now); len(wrong) > 0 {
					t.Errorf("%s", world.Lines(wrong))
				}
			})
		})
	}
}

// TestAuditCursorIsOfWhatLanded: who asks for more than the last sync landed gets it.
func TestAuditCursorIsOfWhatLanded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := world.New(t, sim.Config{}, map[string]any{"audit": map[string]any{"since": "1999-12-30"}}).WithState()
		if err := w.Sync(world.Only("clari_audit_actors")); err != nil || len(w.State) != 0 {
			t.Fatalf("%v, state %v", err, w.State)
		}
		w.Destination.Tables = map[string]map[string]world.Row{}
		if err := w.Sync(world.Only("clari_audit_events")); err != nil || len(w.State) != 1 {
			t.Fatalf("%v, state %v", err, w.State)
		}
		w.Spec["audit"] = map[string]any{"since": "1999-12-20"} // an earlier day, and actors
		now := time.Now()
		if err := w.Sync(auditTables); err != nil {
			t.Fatal(err)
		}
		if wrong := w.AuditDiffer(time.Date(1999, 12, 20, 0, 0, 0, 0, time.UTC), now, now); len(wrong) > 0 {
			t.Errorf("%s", world.Lines(wrong))
		}
	})
}
