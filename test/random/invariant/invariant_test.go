package invariant

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cloudquery/plugin-sdk/v4/message"

	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
	"github.com/cq-source-clari/cq-source-clari/test/random/observer"
	"github.com/cq-source-clari/cq-source-clari/test/random/schedule"
	"github.com/cq-source-clari/cq-source-clari/test/world"
)

// honest is a world of two syncs in which nothing went wrong.
func honest(t *testing.T) (*observer.Observer, *observer.Sync) {
	cfg := sim.Config{Tenant: sim.Tenant{People: 2, Tabs: []sim.Tab{{ID: "net_arr", Fields: sim.Fields(1)}}}, Run: sim.Fixed(20 * time.Second)}
	types := []string{"forecast", "quota"}
	w := world.New(t, cfg, map[string]any{
		"forecasts": []map[string]any{{"id": "net_arr", "types": types, "include_historical": "true"}}, "periods": []string{"current"},
		"export_format": "json", "concurrency": 1, "delay_between_exports": "10s", "poll_interval": "5s", "poll_max_interval": "60s", "export_attempts": 2,
		"queue_timeout": "30m", "run_timeout": "30m", "settle_days": 14, "quota_reserve": 0, "time_zone": "UTC", "history": false, "fiscal_year_start_month": 2,
	}).WithState()
	g := observer.New(w, cfg, []schedule.Tab{{ID: "net_arr", Types: types, Periods: []schedule.Period{{Text: "current"}}}})
	for number := range 2 {
		time.Sleep(24 * time.Hour)
		p := &observer.Sync{
			Number: number + 1, Start: time.Now(), Logs: &world.Logs{}, Journal: maps.Clone(w.State), Refusals: new(atomic.Int64), Used: w.Spec,
			Keys: map[string]map[string]int{"clari_forecast_entries": {}}, Sent: map[string]time.Time{}, Reported: map[string]time.Time{},
		}
		w.Logs = p.Logs
		g.Begin()
		p.Err = w.Sync(world.SyncOptions{Message: func(m message.SyncMessage) {
			insert, ok := m.(*message.SyncInsert)
			if !ok || world.TableName(insert.Record) != world.ExportsTable {
				return
			}
			r, err := world.RowAt(insert.Record, 0)
			if err != nil {
				t.Error(err)
			}
			p.Exports, p.Sent[fmt.Sprint(r["job_id"])] = append(p.Exports, r), time.Now()
			p.Reported[fmt.Sprint(r["job_id"])] = time.Now()
		}})
		p.End = time.Now()
		g.End(p)
		Selection{}.Hold(g, p)
	}
	if len(g.Problems) > 0 {
		t.Fatalf("nothing went wrong, and yet: %s", g.Problems)
	}
	return g, g.Played[1]
}

// another is a second job for the request of the last one, a minute later.
func another(g *observer.Observer, p *observer.Sync) sim.Job {
	j := p.Created[len(p.Created)-1]
	j.ID, j.CreatedAt, j.Request = "another", j.CreatedAt.Add(time.Minute), len(g.Ledger.Requests)+1
	g.Ledger.Requests = append(g.Ledger.Requests, sim.Request{Status: 200, At: j.CreatedAt, Answered: j.CreatedAt})
	return j
}

// someRow is one of the rows of entries, and its key.
func someRow(g *observer.Observer) (id string, r world.Row) {
	rows := g.Destination.Tables["clari_forecast_entries"]
	id = slices.Sorted(maps.Keys(rows))[0]
	return id, rows[id]
}

// thirdSync makes the sync the third of three that are alike.
func thirdSync(g *observer.Observer, p *observer.Sync) {
	g.Played = []*observer.Sync{g.Played[0], g.Played[0], p}
	p.Number = 3
}

// mutations put into an honest world what each invariant is there to see.
var mutations = map[string]func(*observer.Observer, *observer.Sync){
	"rows stay": func(g *observer.Observer, _ *observer.Sync) {
		id, _ := someRow(g)
		delete(g.Destination.Tables["clari_forecast_entries"], id)
	},
	"the key is not told": func(g *observer.Observer, p *observer.Sync) { fmt.Fprintln(p.Logs, "apikey "+g.Sim.Key()) },
	"only own jobs are cancelled": func(_ *observer.Observer, p *observer.Sync) {
		p.Requests = append(p.Requests, sim.Request{Target: sim.Target{Op: sim.Cancel}, JobID: "somebody's"})
	},
	"it ends in time": func(_ *observer.Observer, p *observer.Sync) { p.End = p.End.Add(48 * time.Hour) },
	"what landed is the truth": func(g *observer.Observer, _ *observer.Sync) {
		_, r := someRow(g)
		r["forecast_value"], g.Compared = 0.123, map[string][]string{}
	},
	"done is never ahead": func(g *observer.Observer, _ *observer.Sync) {
		id, _ := someRow(g)
		delete(g.Destination.Tables["clari_forecast_entries"], id)
		g.Compared = map[string][]string{}
	},
	"manners": func(_ *observer.Observer, p *observer.Sync) {
		poll := sim.Request{Target: sim.Target{Op: sim.Status}, JobID: "x", At: p.Start, Status: 200}
		sooner := poll
		sooner.At = p.Start.Add(time.Second)
		p.Requests = append(p.Requests, poll, sooner)
	},
	"no job of use is made again":      func(g *observer.Observer, p *observer.Sync) { p.Created = append(p.Created, another(g, p)) },
	"nothing is planned twice":         func(_ *observer.Observer, p *observer.Sync) { p.Exports = append(p.Exports, p.Exports[0]) },
	"what is planned is accounted for": func(_ *observer.Observer, p *observer.Sync) { p.Exports = nil },
	"what was current stays in the plan": func(_ *observer.Observer, p *observer.Sync) {
		r := maps.Clone(p.Exports[0])
		r["requested_period"] = "1999_Q1"
		p.Exports = []world.Row{r}
	},
	"what has settled is not exported": func(g *observer.Observer, p *observer.Sync) {
		thirdSync(g, p)
		r := maps.Clone(p.Exports[0])
		r["job_id"], r["exported_at"], p.Created[0].Asked = "earlier", "2031-01-01T00:00:00Z", fmt.Sprint(r["requested_period"])
		g.Played[0].Exports = []world.Row{r}
		g.Played[1] = &observer.Sync{Number: 2, Exports: []world.Row{r}}
	},
	"each loss has its line and its row": func(_ *observer.Observer, p *observer.Sync) { fmt.Fprintln(p.Logs, `{"level":"error"}`) },
	"a stopped sync stops":               func(_ *observer.Observer, p *observer.Sync) { p.StoppedAt = p.End },
	"state knows the jobs":               func(g *observer.Observer, _ *observer.Sync) { clear(g.State) },
	"state knows what landed":            func(g *observer.Observer, _ *observer.Sync) { clear(g.State) },
	"state forgets no quarter": func(g *observer.Observer, p *observer.Sync) {
		p.Journal["clari/v1/calendar/x"] = "2000_Q1"
		delete(g.State, "clari/v1/calendar/x")
	},
	"all lands within two undisturbed syncs": func(g *observer.Observer, p *observer.Sync) {
		g.Played[0].Final, p.Final, p.Err = true, true, errors.New("1 of 1 exports did not land")
	},
	"activities and audit events are the truth": func(g *observer.Observer, p *observer.Sync) { g.Since, p.Final = p.Start.AddDate(0, 0, -9), true },
	"what activities cost is told": func(g *observer.Observer, p *observer.Sync) {
		g.Since = p.Start.AddDate(0, 0, -9)
		j := another(g, p)
		j.Forecast, j.Asked = "", "2000-01-01..2000-01-30"
		p.Created = append(p.Created, j)
	},
	"no window is skipped": func(g *observer.Observer, p *observer.Sync) { g.Since, p.Final = p.Start.AddDate(0, 0, -9), true },
	"errors can be read":   func(_ *observer.Observer, p *observer.Sync) { p.Err = errors.New(strings.Repeat("and so on ", 500)) },
	"no row is replaced by an older one": func(g *observer.Observer, p *observer.Sync) {
		id, _ := someRow(g)
		g.Before["clari_forecast_entries"][id] = p.End.AddDate(0, 0, 1)
	},
	"no key comes twice": func(_ *observer.Observer, p *observer.Sync) { p.Keys["clari_forecast_entries"]["x"] = 2 },
	"what is shown stays": func(g *observer.Observer, p *observer.Sync) {
		for at, keys := range g.Shown {
			g.LandedLast[at], keys["gone"] = g.Newest()[at], true
		}
	},
	"what is bought is sent first": func(g *observer.Observer, p *observer.Sync) {
		clear(p.Sent)
		clear(p.Reported)
		for i := range 2 {
			j := another(g, p)
			j.ID, j.Asked, j.CreatedAt = fmt.Sprint(i), fmt.Sprintf("2001_Q%d", i+1), p.Created[0].CreatedAt.Add(time.Duration(i+1)*time.Second)
			p.Created = append(p.Created, j)
		}
	},
	"no export is bought without need": func(g *observer.Observer, p *observer.Sync) { p.Created = append(p.Created, another(g, p)) },
}

// TestEachInvariantSees: each invariant holds of a world in which nothing went wrong, and not of one with the fault that it is there to see.
func TestEachInvariantSees(t *testing.T) {
	for _, i := range invariants {
		t.Run(i.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				g, p := honest(t)
				var found []string
				note := func(format string, args ...any) { found = append(found, fmt.Sprintf(format, args...)) }
				if i.when(g, p) {
					i.check(g, p, note)
				}
				if len(found) > 0 {
					t.Fatalf("nothing went wrong, and yet: %s", found)
				}
				mutate, ok := mutations[i.name]
				if !ok {
					t.Fatal("no mutation shows what it sees")
				}
				mutate(g, p)
				if i.check(g, p, note); len(found) == 0 {
					t.Error("it does not see the fault")
				}
			})
		})
	}
}
