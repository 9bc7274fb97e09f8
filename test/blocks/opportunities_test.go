package blocks

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
	"github.com/cq-source-clari/cq-source-clari/test/world"
)

var opportunityTables = world.Only(world.Family("clari_opportunities")...)

func TestOpportunities(t *testing.T) {
	t.Parallel()
	for _, wrap := range []string{"", "opportunities", "items"} {
		for _, concurrency := range []any{1, 4, "auto"} {
			t.Run(fmt.Sprint(wrap, concurrency), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					cfg := sim.Config{RequestsPerSecond: 5, Around: sim.Around{Opportunities: 1000, OpportunityWrap: wrap, TrendScalars: wrap != ""}}
					cfg.Around.NoOpportunity = func(id string) bool { return strings.HasSuffix(id, "7AAA") }
					cfg.Around.BadOpportunity = func(id string) bool { return id == "006000000000113AAA" }
					w := world.New(t, cfg, nil)
					var ids, land []string
					for n := range 450 {
						id := w.Sim.OpportunityID(n)
						ids = append(ids, id)
						if !cfg.Around.NoOpportunity(id) && !cfg.Around.BadOpportunity(id) {
							land = append(land, id)
						}
					}
					ids = append(ids, ids[5], ids[6][:15]) // again, one of them as it is written short
					w.Spec["opportunities"] = map[string]any{"ids": ids}
					w.Spec["concurrency"], w.Spec["requests_per_second"] = concurrency, 5
					if err := w.Sync(opportunityTables); err != nil {
						t.Fatal(err)
					}
					if wrong := w.OpportunityDiffer(land); len(wrong) > 0 {
						t.Errorf("%s", world.Lines(wrong))
					}
					ledger := w.Sim.Ledger()
					// Five batches, and one of them halved until what is refused stands alone: 7 times two.
					if n := len(ledger.Of(sim.Opportunities)); n < 5+12 || n > 5+14 {
						t.Errorf("%d requests", n)
					}
					for _, r := range ledger.Requests {
						if r.Throttled {
							t.Error("faster than requests_per_second")
						}
					}
					if n := w.Logs.Count("info", `"missing":45`); n != 1 {
						t.Errorf("%d lines about the missing:\n%s", n, w.Logs)
					}
					if n := w.Logs.Count("warn", "oppId 006000000000113AAA is not valid"); n != 1 || w.Logs.Count("warn", "") != 1 {
						t.Errorf("%d warnings:\n%s", n, w.Logs)
					}
				})
			})
		}
	}
}

// TestOpportunitiesFail: what fails for a reason of its own fails the table in the end, and the rest lands.
func TestOpportunitiesFail(t *testing.T) {
	t.Parallel()
	many := func(w *world.World, n int) (ids []string) {
		for i := range n {
			ids = append(ids, w.Sim.OpportunityID(i))
		}
		w.Spec["opportunities"] = map[string]any{"ids": ids}
		return ids
	}
	synctest.Test(t, func(t *testing.T) { // one batch of three
		w := world.New(t, sim.Config{Around: sim.Around{Opportunities: 1000}}, map[string]any{"max_retries": 1})
		ids := many(w, 300)
		w.Sim.Add(sim.Fault{Op: sim.Opportunities, From: 2, Count: 2, Do: sim.Answer(503)})
		err := w.Sync(opportunityTables)
		if err == nil || !strings.Contains(err.Error(), "table clari_opportunities: 100 of 300 opportunities could not be looked up: get 100 opportunities: HTTP 503") {
			t.Errorf("%v", err)
		}
		if wrong := w.OpportunityDiffer(slices.Concat(ids[:100], ids[200:])); len(wrong) > 0 {
			t.Errorf("%s", world.Lines(wrong))
		}
	})
	for status, most := range map[int]int{401: 1, 403: 199} { // it is not about the ids: no use asking for all of them
		synctest.Test(t, func(t *testing.T) {
			w := world.New(t, sim.Config{Around: sim.Around{Opportunities: 10000}}, nil)
			many(w, 5000)
			w.Sim.Add(sim.Fault{Op: sim.Opportunities, Count: sim.Always, Do: sim.Answer(status)})
			err := w.Sync(opportunityTables)
			if err == nil || !strings.Contains(err.Error(), "5000 of 5000 opportunities could not be looked up: get ") || !strings.Contains(err.Error(), fmt.Sprint("HTTP ", status)) {
				t.Errorf("%v", err)
			}
			if n := len(w.Sim.Ledger().Of(sim.Opportunities)); n > most+1 {
				t.Errorf("%d: %d requests", status, n)
			}
		})
	}
	synctest.Test(t, func(t *testing.T) { // all of a few
		w := world.New(t, sim.Config{Around: sim.Around{BadOpportunity: func(string) bool { return true }}}, nil)
		many(w, 3)
		if err := w.Sync(opportunityTables); err == nil || !strings.Contains(err.Error(), "each of 3 opportunities was refused: get opportunity ") {
			t.Errorf("%v", err)
		}
	})
}
