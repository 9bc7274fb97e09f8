package promises

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
	"github.com/cq-source-clari/cq-source-clari/test/world"
)

func unknown(w *world.World) (missing []string, about int) {
	there := map[string]bool{}
	for _, r := range w.Destination.Rows("clari_opportunities", nil) {
		there[r["opportunity_id"].(string)[:15]] = true
	}
	seen := map[string]bool{}
	for _, r := range w.Destination.Rows("clari_activity_opportunities", nil) {
		id := r["opportunity_id"].(string)
		if !seen[id] {
			seen[id] = true
			if !there[id[:15]] {
				missing = append(missing, id)
			}
		}
	}
	slices.Sort(missing)
	return missing, len(seen)
}

// TestOpportunitiesLostByOneFailure: the ids of the opportunities are those of the windows that land in this sync. The windows are done in
// the journal before they are looked up. When the look-up fails once (or the process is killed after the barrier, or the table is selected
// later), no later sync asks for them: it succeeds, and thousands are missing.
func TestOpportunitiesLostByOneFailure(t *testing.T) {
	for _, how := range []string{"outage", "killed", "selected later"} {
		t.Run(how, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := world.New(t, sim.Config{
					Run: sim.Fixed(20 * time.Second), Around: sim.Around{ActivityEvery: time.Hour, Opportunities: 3000},
				}, map[string]any{"activities": map[string]any{"since": "1999-10-05"}, "opportunities": map[string]any{}, "max_retries": 1}).WithState()
				dayAt(0, 6)
				var first world.SyncOptions
				switch how {
				case "outage":
					w.Sim.Add(sim.Fault{Op: sim.Opportunities, Count: sim.Always, Do: sim.Answer(503)})
				case "killed":
					first = world.Interrupt{Request: func(p *world.Process, _ sim.Op) {
						if l := w.Sim.Ledger(); len(l.Of(sim.Opportunities)) > 0 {
							p.Kill()
						}
					}}.Options()
				case "selected later":
					first = world.Only("clari_forecast_*", "clari_activities", "clari_activity_*")
				}
				t.Logf("first sync: %v", w.Sync(first))
				w.Sim.ClearFaults()
				for day := 1; day <= 30; day++ {
					dayAt(day, 6)
					if err := w.Sync(); err != nil {
						t.Fatalf("day %d: %v", day, err)
					}
				}
				missing, about := unknown(w)
				if len(missing) > 0 {
					t.Errorf("after 30 daily syncs that succeeded: %d of %d opportunities that the activities are about are not in clari_opportunities, such as %s; lines that tell: %d warnings, %d info with 'opportunit'",
						len(missing), about, strings.Join(missing[:min(3, len(missing))], " "), w.Logs.Count("warn", "pportunit"), w.Logs.Count("info", "pportunit"))
				}
			})
		})
	}
}

// TestOpportunitiesWithoutActivityTables: both blocks are on, from_activities is on, the tables of activities are not selected: nothing is
// looked up, nobody says so, and the sync succeeds.
func TestOpportunitiesWithoutActivityTables(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := world.New(t, sim.Config{Run: sim.Fixed(5 * time.Second)}, map[string]any{"activities": map[string]any{}, "opportunities": map[string]any{"from_activities": true}}).WithState()
		err := w.Sync(world.Only("clari_opportunities", "clari_opportunity_fields"))
		n := len(w.Destination.Rows("clari_opportunities", nil))
		if err == nil && n == 0 && w.Logs.Count("warn", "")+w.Logs.Count("info", "pportunit")+w.Logs.Count("info", "activit") == 0 {
			t.Errorf("success, %d opportunities, no word about it:\n%s", n, w.Logs)
		}
	})
}

// TestABatchOfRefusedIDsHidesTheRest: "a refused opportunity id fails nothing but itself" (design 4.2; configuration.md: "Neither fails the
// sync"). A hundred of them side by side fail the sync, and the good ones behind are not looked up.
func TestABatchOfRefusedIDsHidesTheRest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var ids []string
		bad := map[string]bool{}
		w := world.New(t, sim.Config{Around: sim.Around{Opportunities: 400, BadOpportunity: func(id string) bool { return bad[id] }}}, nil)
		for n := range 350 {
			id := w.Sim.OpportunityID(n)
			ids = append(ids, id)
			bad[id] = n < 100
		}
		w.Spec["opportunities"] = map[string]any{"ids": ids}
		err := w.Sync(world.Only("clari_opportunities"))
		if n := len(w.Destination.Rows("clari_opportunities", nil)); err != nil || n != 250 {
			t.Errorf("%d of 250 good opportunities landed, %d requests: %v", n, len(w.Sim.Ledger().Of(sim.Opportunities)), err)
		}
	})
}

// TestTwoIDsOf18Characters: 18 characters are taken for a Salesforce id whose last three are a checksum, whatever they are. Of ids of
// another CRM that differ in the last three (numbers of 18 digits: 554023000000238121, ...122) all but the first are dropped without a word.
