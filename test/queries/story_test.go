package queries

import (
	"maps"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cloudquery/plugin-sdk/v4/message"

	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
	"github.com/cq-source-clari/cq-source-clari/test/oracle"
	"github.com/cq-source-clari/cq-source-clari/test/world"
)

// A story is some syncs of one tenant, and what the stand-in exported meanwhile.
type story struct {
	syncs []recorded
	jobs  []sim.Job // in the order in which they were created
	today time.Time // the day after the last sync
	now   *present

	keepsDays bool     // a row of a day is replaced by rows of that day alone
	asTables  bool     // views are made as tables: nothing changes any more, and many questions are asked
	edits     []string // statements that change what has landed, before the views are made
}

// but is the story with other entries: in truth, and by statements in what has landed.
func (s *story) but(change func(r oracle.Row), edits ...string) *story {
	other, now := *s, *s.now
	for _, list := range []*[]oracle.Row{&now.entries, &now.lastKnown} {
		*list = slices.Clone(*list)
		for i, r := range *list {
			(*list)[i] = maps.Clone(r)
			change((*list)[i])
		}
	}
	other.now, other.edits = &now, edits
	return &other
}

// recorded is what a sync sent.
type recorded struct {
	at     time.Time
	stream []message.SyncMessage
}

// day is a time of the bubble, which begins with the year 2000, on a Saturday.
func day(n int, hour int) time.Time { return time.Date(2000, 1, 1+n, hour, 0, 0, 0, time.UTC) }

// tell syncs at the given times.
func tell(t *testing.T, cfg sim.Config, spec map[string]any, state bool, times ...time.Time) *story {
	t.Helper()
	s := &story{}
	synctest.Test(t, func(t *testing.T) {
		spec["delay_between_exports"] = "0s"
		w := world.New(t, cfg, spec)
		if state {
			w.State = map[string]string{}
		}
		for _, at := range times {
			time.Sleep(time.Until(at))
			landed := w.Collect()
			if landed.Err != nil {
				t.Fatal(landed.Err)
			}
			s.syncs = append(s.syncs, recorded{at, landed.Stream})
		}
		s.jobs = w.Sim.Ledger().Created()
		s.today = time.Now().UTC().Truncate(24*time.Hour).AddDate(0, 0, 1)
	})
	s.now, s.keepsDays = presentOf(s.jobs), spec["history"] == true
	return s
}

var allTypes = []string{"forecast", "forecast_updated", "quota", "adjustment", "crm_total", "crm_closed"}

// tenant has a hierarchy of three levels, three tabs in different forms, and people who leave.
func tenant() sim.Tenant {
	return sim.Tenant{
		People: 6, Span: 2, ChangeEvery: 12 * time.Hour, MissingCRM: 5,
		Leavers: map[int]time.Time{4: day(9, 0), 5: day(2, 12)},
		Tabs: []sim.Tab{
			{ID: "net_arr", Encoding: sim.Arrays, Fields: append(sim.Fields(3), sim.MonthlyField())},
			{ID: "bookings", Encoding: sim.FlatObjects, Fields: sim.Fields(3)},
			{ID: "renewals", Encoding: sim.FlatLists, Fields: sim.Fields(2)},
		},
	}
}

func tabs() []map[string]any {
	return []map[string]any{
		{"id": "net_arr", "types": allTypes},
		{"id": "net_arr", "types": allTypes, "currency": "EUR"},
		{"id": "bookings", "types": allTypes},
		{"id": "renewals", "types": allTypes, "scope_id": tenant().ScopeID(1)},
	}
}

// The stories are told once, and land in several databases and write modes.
var stories = map[string]func(*testing.T) *story{
	// All weeks each time. Somebody leaves between the syncs.
	"weekly": remembered(func(t *testing.T) *story {
		cfg := sim.Config{Tenant: tenant()}
		cfg.Tenant.BlankWeeks = true
		forecasts := tabs()
		forecasts[0]["periods"] = []string{"previous", "current"}
		return tell(t, cfg, map[string]any{"forecasts": forecasts, "fiscal_year_start_month": 2}, false, day(0, 6), day(6, 6), day(12, 6))
	}),
	// One snapshot a day, the second of a day in place of the first: all weeks on Saturday and Monday, else the latest week.
	"history": remembered(func(t *testing.T) *story {
		return tell(t, sim.Config{Tenant: tenant()}, map[string]any{
			"forecasts": tabs(), "fiscal_year_start_month": 2, "history": true,
		}, true, day(0, 6), day(1, 6), day(1, 18), day(2, 6), day(3, 6))
	}),
	// People who stop calling, never call, work for two managers; today is in a week on the border of two quarters.
	"designed": remembered(func(t *testing.T) *story {
		return tell(t, sim.Config{Tenant: designed()}, map[string]any{
			"forecasts": []map[string]any{{"id": "net_arr", "types": allTypes}, {"id": "bookings", "types": allTypes}}, "periods": []string{"previous", "current"}, "fiscal_year_start_month": 2,
		}, false, day(10, 6), day(32, 6))
	}),
	// The same people, of whom one leaves before the quarter is over, and a quarter of 14 weeks.
	"leaver": remembered(func(t *testing.T) *story {
		cfg := sim.Config{Tenant: designed()}
		cfg.Tenant.Leavers = map[int]time.Time{6: day(20, 0)}
		return tell(t, cfg, map[string]any{
			"forecasts": []map[string]any{{"id": "net_arr", "types": allTypes}, {"id": "bookings", "types": allTypes}}, "periods": []string{"current-2..current"}, "fiscal_year_start_month": 2,
		}, false, day(10, 6), day(32, 6))
	}),
	// The latest week alone, two weeks running, and then not for a week.
	"latest": remembered(func(t *testing.T) *story {
		forecasts := tabs()
		for _, f := range forecasts {
			f["include_historical"] = false
		}
		return tell(t, sim.Config{Tenant: tenant()}, map[string]any{"forecasts": forecasts, "fiscal_year_start_month": 2}, false, day(0, 6), day(4, 6), day(20, 6))
	}),
}

func remembered(tell func(*testing.T) *story) func(*testing.T) *story {
	var once sync.Once
	var s *story
	return func(t *testing.T) *story {
		t.Helper()
		once.Do(func() { s = tell(t) })
		if s == nil || len(s.syncs) == 0 {
			t.Fatal("the story was not told")
		}
		return s
	}
}

// eachStory runs a test on every story, database and write mode. In append mode the last sync lands twice, as after a crash.
func eachStory(t *testing.T, asTables bool, test func(t *testing.T, s *story, d *database)) {
	for name, tell := range stories {
		for _, mode := range []string{"overwrite", "append"} {
			if mode == "append" && (name == "latest" || name == "leaver") { // like the others
				continue
			}
			t.Run(name+" "+mode, func(t *testing.T) {
				s := *tell(t)
				s.asTables = asTables
				if mode == "append" {
					again := s.syncs[len(s.syncs)-1]
					again.at = again.at.Add(time.Hour)
					s.syncs = append(s.syncs[:len(s.syncs):len(s.syncs)], again)
				}
				each(t, &s, mode, func(t *testing.T, d *database) { test(t, &s, d) })
			})
		}
	}
}
