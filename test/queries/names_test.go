package queries

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
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
			s := tell(t, cfg, map[string]any{"export_format": format, "periods": []string{"current", "next"}}, false, day(3, 0))
			each(t, s, "overwrite", func(t *testing.T, d *database) {
				var want []row
				for _, r := range s.now.entries {
					want = append(want, with(r, []string{"user_name", "field_name", "week_start_date", "forecast_value"}, nil))
				}
				equal(t, "the query", d.query(t, "SELECT user_name, field_name, week_start_date, forecast_value FROM clari_forecast_current"), want)
				for _, r := range d.query(t, "SELECT user_name, field_name, week_start_date FROM clari_forecast_current") {
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
	s := &story{}
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
			s.syncs = append(s.syncs, recorded{time.Now(), l.Stream})
		}
		for _, job := range w.Sim.Ledger().Created() {
			if job.End != sim.Failed {
				s.jobs = append(s.jobs, job)
			}
		}
		s.today = time.Now()
	})
	s.now = presentOf(s.jobs)
	each(t, s, "overwrite", func(t *testing.T, d *database) {
		const failures = "SELECT COUNT(*) AS n, COUNT(error) AS errors FROM (%s) f"
		wanted := []row{{"n": "3", "errors": "3"}}
		equal(t, "failures", d.query(t, fmt.Sprintf(failures, byName("failures").Select)), wanted)
		if wrong := mutant(t, "failures", "'failed', 'left_out'", "'left_out'"); len(difference(d.query(t, fmt.Sprintf(failures, wrong)), wanted)) == 0 {
			t.Error("what failed is not listed, and nobody notices")
		}
		equal(t, "clari_forecast_current", d.query(t, "SELECT * FROM clari_forecast_current"), rows(s.now.entries))
		// The third sync landed the current quarter, which is exported first.
		const freshness = "SELECT f.requested_period, f.is_failing FROM (%s) f"
		wanted = []row{{"requested_period": "2000_Q3", "is_failing": "1"}, {"requested_period": "2000_Q4", "is_failing": "0"}}
		equal(t, "freshness", d.query(t, fmt.Sprintf(freshness, byName("freshness").Select)), wanted)
		if wrong := mutant(t, "freshness", "t.last_failure > CASE", "t.last_failure > CASE WHEN 1 = 1 THEN NULL"); len(difference(d.query(t, fmt.Sprintf(freshness, wrong)), wanted)) == 0 {
			t.Error("a failure does not end with the next success, and nobody notices")
		}
	})
}

// TestQuotaUseOfAdopted: an export whose sync was killed, and of which only the sync that adopted its job has a row, was spent all the same.
func TestQuotaUseOfAdopted(t *testing.T) {
	t.Parallel()
	s := &story{}
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
		s.syncs, s.jobs, s.today = []recorded{{time.Now(), l.Stream}}, w.Sim.Ledger().Created(), time.Now()
	})
	if len(s.jobs) != 1 {
		t.Fatalf("%d jobs were created", len(s.jobs))
	}
	s.now = presentOf(s.jobs)
	each(t, s, "overwrite", func(t *testing.T, d *database) {
		var spent []row
		for _, r := range d.file(t, "quota_use") {
			spent = append(spent, row{"export_day": r["export_day"], "exports": r["exports"]})
		}
		equal(t, "quota_use", spent, []row{{"export_day": "2000-01-01", "exports": "1"}})
	})
}
