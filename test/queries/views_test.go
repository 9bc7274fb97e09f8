package queries

import (
	"strings"
	"testing"
	"time"

	"github.com/cq-source-clari/cq-source-clari/docs/queries"
	"github.com/cq-source-clari/cq-source-clari/test/oracle"
	"github.com/cq-source-clari/cq-source-clari/test/queries/story"
	"github.com/cq-source-clari/cq-source-clari/test/queries/truth"
)

// elsewhere says whether a query has a test of its own, here or in package present, or is tested in package around.
func elsewhere(name string) bool {
	return name == "failures" || name == "salesforce_closed" || name == "clari_quota_pairs" || name == "clari_completeness" || name == "missing_rows" || strings.HasPrefix(name, "activity_") || strings.HasPrefix(name, "api_") ||
		strings.HasPrefix(name, "clari_activit") || strings.HasPrefix(name, "clari_audit") || strings.HasPrefix(name, "clari_opportunit")
}

// TestQueries: each view and query returns what plain Go makes of the stand-in's truth, in every database and write mode.
func TestQueries(t *testing.T) {
	t.Parallel()
	for _, q := range queries.All() {
		if truth.Oracles[q.Name] == nil && !elsewhere(q.Name) {
			t.Errorf("%s is not tested", q.Name)
		}
	}
	eachStory(t, true, func(t *testing.T, s *truth.Story, d *story.Database) {
		for name, want := range truth.Oracles {
			wanted := want(t, s, d)
			got := []story.Row(nil)
			if q := story.ByName(name); q.IsView { // by its name, as people read it
				got = d.Query(t, "SELECT * FROM "+name)
			} else {
				got = d.File(t, name)
			}
			if len(wanted) == 0 && s.MayBeEmpty(name, d) {
				if len(got) > 0 {
					t.Errorf("%s: %v", name, got[0])
				}
				continue
			}
			story.Equal(t, name, got, wanted)
		}
		sums(t, s, d)
		documented(t, s, d)
	})
}

// eachStory runs a test on every story, database and write mode. In append mode the last sync lands twice, as after a crash.
func eachStory(t *testing.T, asTables bool, test func(t *testing.T, s *truth.Story, d *story.Database)) {
	for name, tell := range story.All {
		for _, mode := range []string{"overwrite", "append"} {
			if mode == "append" && (name == "latest" || name == "leaver") { // like the others
				continue
			}
			t.Run(name+" "+mode, func(t *testing.T) {
				s := *truth.Of(tell(t))
				s.AsTables = asTables
				if mode == "append" {
					again := s.Syncs[len(s.Syncs)-1]
					again.At = again.At.Add(time.Hour)
					s.Syncs = append(s.Syncs[:len(s.Syncs):len(s.Syncs)], again)
				}
				story.Each(t, &s.Story, mode, func(t *testing.T, d *story.Database) { test(t, &s, d) })
			})
		}
	}
}

// sums: what is documented to be joined counts no amount twice, and loses none.
func sums(t *testing.T, s *truth.Story, d *story.Database) {
	t.Helper()
	const total = "SELECT c.forecast_key, COUNT(*) AS n, SUM(c.forecast_value) AS calls, SUM(c.quota_value) AS quotas FROM "
	want := map[string]oracle.Row{}
	for _, r := range s.Now.Entries {
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
		"(" + story.ByName("salesforce").Select + ") c",
		"clari_forecast_last_known c WHERE c.in_latest_export",
		current + "JOIN clari_forecast_users_current u ON u.forecast_key = c.forecast_key AND u.user_id = c.user_id",
		current + "JOIN clari_forecast_fields_current f ON f.forecast_key = c.forecast_key AND f.field_id = c.field_id",
		current + "JOIN clari_forecast_time_periods_current p ON p.forecast_key = c.forecast_key AND p.time_period_id = c.time_period_id",
		current + "JOIN clari_forecast_time_frames_current w ON w.forecast_key = c.forecast_key AND w.time_frame_id = c.time_frame_id",
		current + "JOIN clari_forecast_exports_current x ON x.job_id = c.job_id",
	} {
		story.Equal(t, "the sum over "+from, d.Query(t, total+from+" GROUP BY c.forecast_key"), truth.Rows(before))
	}
	// Neither does following a person over time, with or without those who left.
	story.Equal(t, "people as last known", d.Query(t, `SELECT COUNT(*) AS n FROM (SELECT forecast_key, time_period_id, time_frame_id, person_id, field_name, user_id
		FROM clari_forecast_last_known GROUP BY forecast_key, time_period_id, time_frame_id, person_id, field_name, user_id) k`),
		[]story.Row{truth.RowOf(nil, nil, map[string]any{"n": len(s.Now.LastKnown)})})
}

// TestQuestionsOfViews: SQLite answers each question where the marts are views, as they are after the README's loop: it gives up on views that are
// nested too deep.
func TestQuestionsOfViews(t *testing.T) {
	t.Parallel()
	s := story.All["latest"](t)
	d := story.Land(t, s, "SQLite", "overwrite")
	d.MakeViews(t, s)
	for _, q := range queries.All() {
		if q.IsView || q.ReadsForeign() || elsewhere(q.Name) && q.Name != "missing_rows" {
			continue
		}
		if rows, err := d.Conn.QueryContext(t.Context(), strings.ReplaceAll(q.Without("activities"), "CURRENT_DATE", d.Today)); err != nil {
			t.Errorf("%s: %v", q.Name, err)
		} else if err := rows.Close(); err != nil {
			t.Errorf("%s: %v", q.Name, err)
		}
	}
}
