package present

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
	"github.com/cq-source-clari/cq-source-clari/test/queries/story"
	"github.com/cq-source-clari/cq-source-clari/test/queries/truth"
	"github.com/cq-source-clari/cq-source-clari/test/world"
)

// TestNamesWithoutJoin: names and days are in the entries, in every shape and encoding.
func TestNamesWithoutJoin(t *testing.T) {
	t.Parallel()
	for _, encoding := range []sim.Encoding{sim.Arrays, sim.FlatObjects, sim.FlatLists, sim.CSV} {
		t.Run(string(encoding), func(t *testing.T) {
			format := "json"
			if encoding == sim.CSV {
				format = "csv"
			}
			cfg := sim.Config{JSON: encoding, Tenant: sim.Tenant{People: 4, MissingCRM: 3, Tabs: []sim.Tab{{ID: "tab", Fields: append(sim.Fields(3), sim.MonthlyField())}}}}
			s := truth.Of(story.Tell(t, cfg, map[string]any{"export_format": format, "periods": []string{"current", "next"}}, false, story.Day(3, 0)))
			story.Each(t, &s.Story, "overwrite", func(t *testing.T, d *story.Database) {
				var want []story.Row
				for _, r := range s.Now.Entries {
					want = append(want, truth.RowOf(r, []string{"user_name", "field_name", "week_start_date", "forecast_value"}, nil))
				}
				story.Equal(t, "the query", d.Query(t, "SELECT user_name, field_name, week_start_date, forecast_value FROM clari_forecast_current"), want)
				for _, r := range d.Query(t, "SELECT user_name, field_name, week_start_date FROM clari_forecast_current") {
					if len(r) != 3 {
						t.Fatalf("a name or day is missing: %v", r)
					}
				}
			})
		})
	}
}

// TestFailures: what failed is listed, fails in freshness until the next success, and takes no row from the views.
func TestFailures(t *testing.T) {
	t.Parallel()
	s := &story.Story{}
	synctest.Test(t, func(t *testing.T) {
		w := world.New(t, sim.Config{Tenant: sim.Tenant{People: 3}}, map[string]any{
			"periods": []string{"2000_Q3", "current"}, "export_attempts": 1, "delay_between_exports": "0s",
		})
		w.Sim.Add(sim.Fault{Op: sim.Create, From: 3, Count: 2, Do: sim.Ends(sim.Failed)}, sim.Fault{Op: sim.Create, From: 6, Do: sim.Ends(sim.Failed)})
		for i := range 3 {
			time.Sleep(time.Hour)
			l := w.Collect()
			if (l.Err != nil) != (i > 0) {
				t.Fatalf("sync %d: %v", i, l.Err)
			}
			s.Syncs = append(s.Syncs, story.Sync{At: time.Now(), Stream: l.Stream})
		}
		for _, job := range w.Sim.Ledger().Created() {
			if job.End != sim.Failed {
				s.Jobs = append(s.Jobs, job)
			}
		}
		s.Today = time.Now()
	})
	story.Each(t, s, "overwrite", func(t *testing.T, d *story.Database) {
		const failures = "SELECT COUNT(*) AS n, COUNT(error) AS errors FROM (%s) f"
		wanted := []story.Row{{"n": "3", "errors": "3"}}
		story.Equal(t, "failures", d.Query(t, fmt.Sprintf(failures, story.ByName("failures").Select)), wanted)
		if wrong := story.Mutant(t, "failures", "'failed', 'left_out'", "'left_out'"); len(story.Difference(d.Query(t, fmt.Sprintf(failures, wrong)), wanted)) == 0 {
			t.Error("what failed is not listed, and nobody notices")
		}
		story.Equal(t, "clari_forecast_current", d.Query(t, "SELECT * FROM clari_forecast_current"), truth.Rows(truth.Of(s).Now.Entries))
		// The third sync landed the current quarter, which is exported first.
		const freshness = "SELECT f.requested_period, f.is_failing FROM (%s) f"
		wanted = []story.Row{{"requested_period": "2000_Q3", "is_failing": "1"}, {"requested_period": "2000_Q4", "is_failing": "0"}}
		story.Equal(t, "freshness", d.Query(t, fmt.Sprintf(freshness, story.ByName("freshness").Select)), wanted)
		if wrong := story.Mutant(t, "freshness", "t.last_failure > CASE", "t.last_failure > CASE WHEN 1 = 1 THEN NULL"); len(story.Difference(d.Query(t, fmt.Sprintf(freshness, wrong)), wanted)) == 0 {
			t.Error("a failure does not end with the next success, and nobody notices")
		}
	})
}

// TestQuotaUseOfAdopted: an export whose sync was killed, and of which only the sync that adopted its job has a row, was spent all the same.
func TestQuotaUseOfAdopted(t *testing.T) {
	t.Parallel()
	s := &story.Story{}
	synctest.Test(t, func(t *testing.T) {
		w := world.New(t, sim.Config{Tenant: sim.Tenant{People: 3}}, map[string]any{"periods": []string{"current"}, "delay_between_exports": "0s"})
		w.State = map[string]string{}
		w.Sim.Add(sim.Fault{Op: sim.Results, Count: 2, Do: sim.Answer(401)})
		if l := w.Collect(); l.Err == nil { // what it sent is lost
			t.Fatal("the first sync landed")
		}
		time.Sleep(time.Hour)
		l := w.Collect()
		if l.Err != nil {
			t.Fatal(l.Err)
		}
		s.Syncs, s.Jobs, s.Today = []story.Sync{{At: time.Now(), Stream: l.Stream}}, w.Sim.Ledger().Created(), time.Now()
	})
	if len(s.Jobs) != 1 {
		t.Fatalf("%d jobs were created", len(s.Jobs))
	}
	story.Each(t, s, "overwrite", func(t *testing.T, d *story.Database) {
		var spent []story.Row
		for _, r := range d.File(t, "quota_use") {
			spent = append(spent, story.Row{"export_day": r["export_day"], "exports": r["exports"]})
		}
		story.Equal(t, "quota_use", spent, []story.Row{{"export_day": "2000-01-01", "exports": "1"}})
	})
}
