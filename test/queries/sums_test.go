package queries

import (
	"testing"

	"github.com/cq-source-clari/cq-source-clari/test/oracle"
)

// sums: what is documented to be joined counts no amount twice, and loses none.
func sums(t *testing.T, s *story, d *database) {
	t.Helper()
	const total = "SELECT c.forecast_key, COUNT(*) AS n, SUM(c.forecast_value) AS calls, SUM(c.quota_value) AS quotas FROM "
	want := map[string]oracle.Row{}
	for _, r := range s.now.entries {
		k := r["forecast_key"].(string)
		if want[k] == nil {
			want[k] = oracle.Row{"forecast_key": k, "n": int64(0)}
		}
		want[k]["n"] = want[k]["n"].(int64) + 1
		for name, column := range map[string]string{"calls": "forecast_value", "quotas": "quota_value"} {
			if v, ok := r[column].(float64); ok {
				sum, _ := want[k][name].(float64)
				want[k][name] = sum + v
			}
		}
	}
	var before []oracle.Row
	for _, r := range want {
		before = append(before, r)
	}
	const current = "clari_forecast_current c "
	for _, from := range []string{
		current,
		"(" + byName("salesforce").Select + ") c",
		"clari_forecast_last_known c WHERE c.in_latest_export",
		current + "JOIN clari_forecast_users_current u ON u.forecast_key = c.forecast_key AND u.user_id = c.user_id",
		current + "JOIN clari_forecast_fields_current f ON f.forecast_key = c.forecast_key AND f.field_id = c.field_id",
		current + "JOIN clari_forecast_time_periods_current p ON p.forecast_key = c.forecast_key AND p.time_period_id = c.time_period_id",
		current + "JOIN clari_forecast_time_frames_current w ON w.forecast_key = c.forecast_key AND w.time_frame_id = c.time_frame_id",
		current + "JOIN clari_forecast_exports_current x ON x.job_id = c.job_id",
	} {
		equal(t, "the sum over "+from, d.query(t, total+from+" GROUP BY c.forecast_key"), rows(before))
	}
	// Neither does following a person over time, with or without those who left.
	equal(t, "people as last known", d.query(t, `SELECT COUNT(*) AS n FROM (SELECT forecast_key, time_period_id, time_frame_id, person_id, field_name, user_id
		FROM clari_forecast_last_known GROUP BY forecast_key, time_period_id, time_frame_id, person_id, field_name, user_id) k`),
		[]row{with(nil, nil, map[string]any{"n": len(s.now.lastKnown)})})
}
