package lifecycle

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cloudquery/plugin-sdk/v4/message"
	sdk "github.com/cloudquery/plugin-sdk/v4/plugin"

	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
)

// only syncs these tables.
func only(tables ...string) syncOptions {
	return syncOptions{SyncOptions: sdk.SyncOptions{Tables: tables}}
}

var auditTables = only("clari_audit_*")

// auditLine is an event in the form in which the table has it, but for its id.
func auditLine(e sim.AuditEvent) string {
	r := row{
		"occurred_at": e.At.UnixMicro(), "actor_id": e.ActorID, "actor_type": e.ActorType, "session_id": e.SessionID, "session_type": e.SessionType,
		"ip_address": e.IP, "event": e.Event, "correlation_id": e.CorrelationID,
	}
	r["event_parameters"], _ = canonical(e.Parameters)
	if e.ImpersonatingActorID != "" {
		r["impersonating_actor_id"] = e.ImpersonatingActorID
	}
	return r.line()
}

// auditDiffer compares the events that landed with those that happened, as often as they did. Whoever acts in events is an actor.
func (w *world) auditDiffer(from, to, now time.Time) (wrong []string) {
	left := map[string]int{}
	actors := map[string]bool{}
	for e := range w.sim.AuditEvents(from, to, now) {
		left[auditLine(e)]++
		actors[e.ActorID] = true
		if e.ImpersonatingActorID != "" {
			actors[e.ImpersonatingActorID] = true
		}
	}
	for _, r := range w.wh.rows("clari_audit_events", nil) {
		left[r.line("_cq_id", "event_id")]--
	}
	maps.DeleteFunc(left, func(_ string, n int) bool { return n == 0 })
	for _, line := range slices.Sorted(maps.Keys(left)) {
		wrong = append(wrong, fmt.Sprintf("%+d of %s", -left[line], line))
	}
	for _, r := range w.wh.rows("clari_audit_actors", nil) {
		id := r["actor_id"].(string)
		name, email := w.sim.Actor(id)
		if !actors[id] || r["name"] != name || r["email"] != email {
			wrong = append(wrong, "actor "+r.line())
		}
		delete(actors, id)
	}
	for id := range actors {
		wrong = append(wrong, "no actor "+id)
	}
	return wrong[:min(len(wrong), 6)]
}

const thirtyDays = 30 * 24 * time.Hour

// TestAuditEvents lists what there is, in every form in which Clari may answer, equal events included.
func TestAuditEvents(t *testing.T) {
	for _, around := range []sim.Around{
		{},
		{AuditEqual: 3, AuditKey: "activities", AuditActorNumbers: true, AuditTimes: sim.Instant, AuditLinks: sim.QueryOnly},
		{AuditEqual: 2, AuditOldest: true, AuditTimes: sim.Millis, AuditLinks: sim.FromRoot},
		{AuditEqual: 5, AuditTimes: sim.Seconds, AuditEvery: 500 * time.Second},
		{AuditEvery: 100 * 24 * time.Hour},
	} {
		t.Run(fmt.Sprintf("%+v", around), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, sim.Config{Around: around}, map[string]any{"audit": map[string]any{"since": "1999-12-15"}})
				now := time.Now()
				if err := w.sync(auditTables); err != nil {
					t.Fatal(err)
				}
				if wrong := w.auditDiffer(time.Date(1999, 12, 15, 0, 0, 0, 0, time.UTC), now, now); len(wrong) > 0 {
					t.Errorf("%s", lines(wrong))
				}
				if n := w.logs.count("info", "no state backend: every sync lists audit events anew"); n != 1 {
					t.Errorf("%d lines about the state backend", n)
				}
				ledger := w.sim.Ledger()
				if spent := ledger.Spent(); spent != 0 || len(ledger.WithoutKey()) > 0 {
					t.Errorf("%d exports spent", spent)
				}
				if n, most := len(ledger.Of(sim.AuditEvents)), len(w.wh.rows("clari_audit_events", nil))/1000+1; n > most {
					t.Errorf("%d requests, want %d", n, most)
				}
			})
		})
	}
}

// TestAuditGoesOn: day by day a sync lists what is new, late events and equal ones too, and nothing comes twice or is lost, though syncs
// fail midway.
func TestAuditGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, sim.Config{Around: sim.Around{
			AuditEvery: time.Minute, AuditEqual: 4, AuditLate: 50 * time.Minute,
		}}, map[string]any{"audit": map[string]any{"since": "1999-12-31"}, "max_retries": 0}).withState()
		since := time.Date(1999, 12, 31, 0, 0, 0, 0, time.UTC)
		for day := range 7 {
			time.Sleep(24*time.Hour + 17*time.Second)
			failing := day%3 == 1
			if failing {
				w.sim.Add(sim.Fault{Op: sim.AuditEvents, From: 2, Do: sim.Answer(500)})
			}
			before := len(w.sim.Ledger().Of(sim.AuditEvents))
			now := time.Now()
			err := w.sync(auditTables)
			if failing != (err != nil) {
				t.Fatalf("day %d: %v", day, err)
			}
			if failing {
				if len(w.wh.rows("clari_audit_events", nil)) == 0 {
					t.Error("the first page did not land")
				}
				continue
			}
			if wrong := w.auditDiffer(since, now, now); len(wrong) > 0 {
				t.Errorf("day %d: %s", day, lines(wrong))
			}
			if n := len(w.sim.Ledger().Of(sim.AuditEvents)) - before; day > 0 && n > 4 {
				t.Errorf("day %d: %d pages", day, n)
			}
		}
		if n := w.logs.count("warn", ""); n != 0 {
			t.Errorf("%d warnings:\n%s", n, w.logs)
		}
	})
}

// TestAuditCursorNeedsBarrier: a sync that is killed before destinations wrote out what it sent is as if it had not been.
func TestAuditCursorNeedsBarrier(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, sim.Config{}, map[string]any{"audit": map[string]any{"since": "1999-12-20"}}).withState()
		var p *process
		sent := false
		o := auditTables
		o.started = func(started *process) { p = started }
		o.message = func(m message.SyncMessage) {
			switch m.(type) {
			case *message.SyncInsert:
				sent = true
			case *message.SyncMigrateTable:
				if sent { // the barrier has begun, and destinations have written nothing yet
					p.kill()
				}
			}
		}

		if err := w.sync(o); err == nil {
			t.Fatal("not killed")
		}
		if len(w.state) != 0 {
			t.Errorf("state: %v", w.state)
		}
		time.Sleep(2 * time.Hour)
		now := time.Now()
		if err := w.sync(auditTables); err != nil {
			t.Fatal(err)
		}
		if wrong := w.auditDiffer(time.Date(1999, 12, 20, 0, 0, 0, 0, time.UTC), now, now); len(wrong) > 0 {
			t.Errorf("%s", lines(wrong))
		}
	})
}

// TestAuditGap: nobody can fill it, and one warning names it.
func TestAuditGap(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, sim.Config{Around: sim.Around{AuditEvery: time.Hour}}, map[string]any{"audit": map[string]any{}}).withState()
		if err := w.sync(auditTables); err != nil {
			t.Fatal(err)
		}
		time.Sleep(29 * 24 * time.Hour)
		if err := w.sync(auditTables); err != nil {
			t.Fatal(err)
		}
		if n := w.logs.count("warn", ""); n != 0 {
			t.Errorf("%d warnings:\n%s", n, w.logs)
		}
		time.Sleep(40 * 24 * time.Hour)
		if err := w.sync(auditTables); err != nil {
			t.Fatal(err)
		}
		if n := w.logs.count("warn", `"from":"2000-01-30T00:00:`); n != 1 || w.logs.count("warn", "") != 1 {
			t.Errorf("warnings:\n%s", w.logs)
		}
		now := time.Now()
		landed := map[int64]bool{}
		for _, r := range w.wh.rows("clari_audit_events", nil) {
			landed[r["occurred_at"].(int64)] = true
		}
		for e := range w.sim.AuditEvents(now.Add(-thirtyDays+time.Minute), now, now) {
			if !landed[e.At.UnixMicro()] {
				t.Errorf("no event of %s", e.At)
			}
		}
	})
}

// TestAuditFails: the table fails by name, whatever else there is lands, and the key goes nowhere.
func TestAuditFails(t *testing.T) {
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
				w := newWorld(t, sim.Config{Around: sim.Around{AuditEvery: 30 * time.Minute}}, map[string]any{"audit": map[string]any{"since": "1999-12-05"}}).withState()
				w.sim.Add(sim.Fault{Op: sim.AuditEvents, Count: sim.Always, Do: test.do})
				err := w.sync(only("clari_audit_events", "clari_audit_actors", "clari_limits", "clari_forecast_users"))
				if err == nil || !strings.Contains(err.Error(), "table clari_audit_events and clari_audit_actors: get audit events, page 1: ") || !strings.Contains(err.Error(), test.want) {
					t.Errorf("%v", err)
				}
				if n := w.logs.count("error", "clari_audit_events"); n != 1 || w.logs.count("error", "") != 1 {
					t.Errorf("error lines:\n%s", w.logs)
				}
				for _, table := range []string{"clari_limits", "clari_forecast_users"} {
					if len(w.wh.rows(table, nil)) == 0 {
						t.Errorf("%s is empty", table)
					}
				}
				if n := len(w.wh.rows("clari_audit_events", nil)); test.rows != (n > 0) {
					t.Errorf("%d events", n)
				}
				for key := range w.state {
					if strings.HasPrefix(key, "clari/audit/") {
						t.Errorf("the cursor moved: %s", w.state[key])
					}
				}
				w.sim.ClearFaults()
				now := time.Now()
				if err := w.sync(auditTables); err != nil {
					t.Fatal(err)
				}
				if wrong := w.auditDiffer(time.Date(1999, 12, 5, 0, 0, 0, 0, time.UTC), now, now); len(wrong) > 0 {
					t.Errorf("%s", lines(wrong))
				}
			})
		})
	}
}

// TestAuditCursorIsOfWhatLanded: who asks for more than the last sync landed gets it.
func TestAuditCursorIsOfWhatLanded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, sim.Config{}, map[string]any{"audit": map[string]any{"since": "1999-12-30"}}).withState()
		if err := w.sync(only("clari_audit_actors")); err != nil || len(w.state) != 0 {
			t.Fatalf("%v, state %v", err, w.state)
		}
		w.wh.tables = map[string]map[string]row{}
		if err := w.sync(only("clari_audit_events")); err != nil || len(w.state) != 1 {
			t.Fatalf("%v, state %v", err, w.state)
		}
		w.spec["audit"] = map[string]any{"since": "1999-12-20"} // an earlier day, and actors
		now := time.Now()
		if err := w.sync(auditTables); err != nil {
			t.Fatal(err)
		}
		if wrong := w.auditDiffer(time.Date(1999, 12, 20, 0, 0, 0, 0, time.UTC), now, now); len(wrong) > 0 {
			t.Errorf("%s", lines(wrong))
		}
	})
}

// TestBlocks: a table needs its block, and * takes what there is.
func TestBlocks(t *testing.T) {
	for _, test := range []struct {
		tables []string
		spec   map[string]any
		want   string
	}{
		{[]string{"*"}, nil, ""},
		{[]string{"clari_*"}, nil, ""},
		{[]string{"clari_audit_events"}, nil, "table clari_audit_events needs the block audit: add `audit: {}` to the spec"},
		{[]string{"*", "clari_audit_actors"}, nil, "table clari_audit_actors needs the block audit"},
		{[]string{"clari_audit_*"}, nil, "table clari_audit_events needs the block audit"},
		{[]string{"clari_activity_participants"}, nil, "table clari_activity_participants needs the block activities: add `activities: {}` to the spec"},
		{[]string{"clari_limits", "clari_opportunity_fields"}, map[string]any{"audit": map[string]any{}}, "table clari_opportunity_fields needs the block opportunities: add `opportunities: {ids: "},
		{[]string{"clari_audit_events"}, map[string]any{"audit": map[string]any{}}, ""},
		{[]string{"clari_nothing"}, nil, "tables include a pattern clari_nothing with no matches"},
	} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, sim.Config{}, test.spec)
			err := w.sync(only(test.tables...))
			if test.want == "" && err != nil || test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)) {
				t.Errorf("%v: %v", test.tables, err)
			}
			if n := len(w.sim.Ledger().Requests); test.want != "" && n > 0 {
				t.Errorf("%v: %d requests before the error", test.tables, n)
			}
			for table := range w.wh.tables {
				if off := test.spec == nil && (strings.Contains(table, "audit") || strings.Contains(table, "activit") || strings.Contains(table, "opportunit")); off {
					t.Errorf("%v: %s is fetched without its block", test.tables, table)
				}
			}
		})
	}
}

// opportunityDiffer compares what landed of these opportunities, and nothing else must have.
func (w *world) opportunityDiffer(ids []string) (wrong []string) {
	left := map[string]int{}
	parents := map[string]string{} // _cq_id -> what the row is about
	add := func(r row) { left[r.line()]++ }
	for _, id := range ids {
		o := w.sim.Opportunity(id)
		add(row{"opportunity_id": id, "crm_score": o.Score, "crm_score_message": o.Text})
		for _, f := range o.Fields {
			r := row{"opportunity_id": id, "field_id": f.ID, "alias": f.Alias, "image_url": "https://clari.example/" + f.ID + ".png", "parent": id}
			for key, value := range map[string]string{"value": f.Value, "original_value": f.Original} {
				if value != "null" {
					r[key], _ = canonical(value)
				}
			}
			if f.Trend != "" {
				r["trend"] = f.Trend
			}
			add(r)
			places := map[int64]int64{}
			for _, c := range f.Changes {
				r := row{"opportunity_id": id, "field_id": f.ID, "changed_at": c.At.UnixMicro(), "place": places[c.At.Unix()], "parent": id + " " + f.ID}
				places[c.At.Unix()]++
				for key, value := range map[string]string{"old_value": c.Old, "new_value": c.New} {
					if value != "null" {
						r[key], _ = canonical(value)
					}
				}
				add(r)
			}
		}
	}
	for _, table := range []string{"clari_opportunities", "clari_opportunity_fields", "clari_opportunity_trend_history"} {
		for _, r := range w.wh.rows(table, nil) {
			r = maps.Clone(r)
			switch table {
			case "clari_opportunities":
				parents[r["_cq_id"].(string)] = r["opportunity_id"].(string)
			default:
				parents[r["_cq_id"].(string)] = fmt.Sprint(r["opportunity_id"], " ", r["field_id"])
				r["parent"] = parents[r["_cq_parent_id"].(string)]
			}
			left[r.line("_cq_id", "_cq_parent_id", "observed_at")]--
		}
	}
	maps.DeleteFunc(left, func(_ string, n int) bool { return n == 0 })
	for _, line := range slices.Sorted(maps.Keys(left)) {
		wrong = append(wrong, fmt.Sprintf("%+d of %s", -left[line], line))
	}
	return wrong[:min(len(wrong), 6)]
}

var opportunityTables = only("clari_opportunities", "clari_opportunity_fields", "clari_opportunity_trend_history")

func TestOpportunities(t *testing.T) {
	for _, wrap := range []string{"", "opportunities", "items"} {
		for _, concurrency := range []any{1, 4, "auto"} {
			t.Run(fmt.Sprint(wrap, concurrency), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					cfg := sim.Config{RequestsPerSecond: 5, Around: sim.Around{Opportunities: 1000, OpportunityWrap: wrap, TrendScalars: wrap != ""}}
					cfg.Around.NoOpportunity = func(id string) bool { return strings.HasSuffix(id, "7AAA") }
					cfg.Around.BadOpportunity = func(id string) bool { return id == "006000000000113AAA" }
					w := newWorld(t, cfg, nil)
					var ids, land []string
					for n := range 450 {
						id := w.sim.OpportunityID(n)
						ids = append(ids, id)
						if !cfg.Around.NoOpportunity(id) && !cfg.Around.BadOpportunity(id) {
							land = append(land, id)
						}
					}
					ids = append(ids, ids[5], ids[6][:15]) // again, one of them as it is written short
					w.spec["opportunities"] = map[string]any{"ids": ids}
					w.spec["concurrency"], w.spec["requests_per_second"] = concurrency, 5
					if err := w.sync(opportunityTables); err != nil {
						t.Fatal(err)
					}
					if wrong := w.opportunityDiffer(land); len(wrong) > 0 {
						t.Errorf("%s", lines(wrong))
					}
					ledger := w.sim.Ledger()
					// Five batches, and one of them halved until what is refused stands alone: 7 times two.
					if n := len(ledger.Of(sim.Opportunities)); n < 5+12 || n > 5+14 {
						t.Errorf("%d requests", n)
					}
					for _, r := range ledger.Requests {
						if r.Throttled {
							t.Error("faster than requests_per_second")
						}
					}
					if n := w.logs.count("info", `"missing":45`); n != 1 {
						t.Errorf("%d lines about the missing:\n%s", n, w.logs)
					}
					if n := w.logs.count("warn", "oppId 006000000000113AAA is not valid"); n != 1 || w.logs.count("warn", "") != 1 {
						t.Errorf("%d warnings:\n%s", n, w.logs)
					}
				})
			})
		}
	}
}

// TestOpportunitiesFail: what fails for a reason of its own fails the table in the end, and the rest lands.
func TestOpportunitiesFail(t *testing.T) {
	many := func(w *world, n int) (ids []string) {
		for i := range n {
			ids = append(ids, w.sim.OpportunityID(i))
		}
		w.spec["opportunities"] = map[string]any{"ids": ids}
		return ids
	}
	synctest.Test(t, func(t *testing.T) { // one batch of three
		w := newWorld(t, sim.Config{Around: sim.Around{Opportunities: 1000}}, map[string]any{"max_retries": 1})
		ids := many(w, 300)
		w.sim.Add(sim.Fault{Op: sim.Opportunities, From: 2, Count: 2, Do: sim.Answer(503)})
		err := w.sync(opportunityTables)
		if err == nil || !strings.Contains(err.Error(), "table clari_opportunities: 100 of 300 opportunities could not be looked up: get 100 opportunities: HTTP 503") {
			t.Errorf("%v", err)
		}
		if wrong := w.opportunityDiffer(slices.Concat(ids[:100], ids[200:])); len(wrong) > 0 {
			t.Errorf("%s", lines(wrong))
		}
	})
	for status, most := range map[int]int{401: 1, 403: 199} { // it is not about the ids: no use asking for all of them
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, sim.Config{Around: sim.Around{Opportunities: 10000}}, nil)
			many(w, 5000)
			w.sim.Add(sim.Fault{Op: sim.Opportunities, Count: sim.Always, Do: sim.Answer(status)})
			err := w.sync(opportunityTables)
			if err == nil || !strings.Contains(err.Error(), "5000 of 5000 opportunities could not be looked up: get ") || !strings.Contains(err.Error(), fmt.Sprint("HTTP ", status)) {
				t.Errorf("%v", err)
			}
			if n := len(w.sim.Ledger().Of(sim.Opportunities)); n > most+1 {
				t.Errorf("%d: %d requests", status, n)
			}
		})
	}
	synctest.Test(t, func(t *testing.T) { // all of a few
		w := newWorld(t, sim.Config{Around: sim.Around{BadOpportunity: func(string) bool { return true }}}, nil)
		many(w, 3)
		if err := w.sync(opportunityTables); err == nil || !strings.Contains(err.Error(), "each of 3 opportunities was refused: get opportunity ") {
			t.Errorf("%v", err)
		}
	})
}

// TestAroundOnOneShard: what belongs to no export comes with the first shard.
func TestAroundOnOneShard(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, sim.Config{}, map[string]any{
			"audit": map[string]any{}, "activities": map[string]any{"since": "1999-12-20"}, "opportunities": map[string]any{"ids": []string{"006A"}, "from_activities": false},
		})
		for num := range int32(3) {
			if err := w.sync(syncOptions{SyncOptions: sdk.SyncOptions{Shard: &sdk.Shard{Num: num + 1, Total: 3}}}); err != nil {
				t.Fatal(err)
			}
		}
		ledger := w.sim.Ledger()
		if n := len(ledger.Of(sim.Opportunities)); n != 1 {
			t.Errorf("%d look-ups", n)
		}
		if n := len(ledger.Of(sim.CreateActivity)); n != 2 {
			t.Errorf("%d exports of activities", n)
		}
		if n := len(ledger.Of(sim.AuditEvents)); n != 5 {
			t.Errorf("%d pages of audit events, want those of 30 days", n)
		}
	})
}
