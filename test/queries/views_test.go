package queries

import (
	"testing"
)

// TestCurrentViews: each view holds what the newest export says, whatever the destination keeps of the past.
func TestCurrentViews(t *testing.T) {
	eachStory(t, func(t *testing.T, s *story, d *database) {
		p := presentOf(s.jobs)
		equal(t, "clari_forecast_current", d.query(t, "SELECT * FROM clari_forecast_current"), rows(p.entries))
		equal(t, "clari_forecast_last_known", d.query(t, "SELECT * FROM clari_forecast_last_known"), rows(p.lastKnown))
		for table, want := range p.others {
			equal(t, table+"_current", d.query(t, "SELECT * FROM "+table+"_current"), rows(want))
		}
		var exports []row
		for _, id := range p.jobs {
			exports = append(exports, row{"job_id": id, "outcome": "exported", "attempts": "1"})
		}
		equal(t, "clari_forecast_exports_current", d.query(t, "SELECT * FROM clari_forecast_exports_current"), exports)
		var jobs []row
		for _, job := range s.jobs {
			jobs = append(jobs, row{"job_id": job.ID})
		}
		equal(t, "clari_export_jobs_current", d.query(t, "SELECT job_id FROM clari_export_jobs_current"), jobs)
	})
}
