package queries

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/cq-source-clari/cq-source-clari/docs/queries"
	"github.com/cq-source-clari/cq-source-clari/test/oracle"
)

// checks are one for each view and query of the docs.
var checks = map[string]func(t *testing.T, s *story, d *database) []row{
	"clari_forecast_current":              func(_ *testing.T, s *story, _ *database) []row { return rows(s.now.entries) },
	"clari_forecast_last_known":           func(_ *testing.T, s *story, _ *database) []row { return rows(s.now.lastKnown) },
	"clari_forecast_users_current":        ofTable("clari_forecast_users"),
	"clari_forecast_fields_current":       ofTable("clari_forecast_fields"),
	"clari_forecast_time_periods_current": ofTable("clari_forecast_time_periods"),
	"clari_forecast_time_frames_current":  ofTable("clari_forecast_time_frames"),
	"clari_forecast_exports_current":      presentExports,
	"clari_person_week":                   personWeek,
	"clari_person_week_today":             personWeekToday,
	"clari_forecast_changes":              changes,
	"clari_export_jobs_current":           listedJobs,
	"clari_limits_current":                limits,
	"week_over_week":                      weekOverWeek,
	"attainment":                          attainment,
	"submissions":                         submissions,
	"overrides":                           overrides,
	"accuracy_by_week":                    accuracyByWeek,
	"coverage":                            coverage,
	"commit_to_closed":                    commitToClosed,
	"pacing":                              pacing,
	"team_changes":                        teamChanges,
	"what_changed":                        whatChanged,
	"waterfall":                           waterfall,
	"roll_up":                             rollUp,
	"accuracy":                            accuracy,
	"salesforce":                          salesforce,
	"freshness":                           freshness,
	"quota_use":                           quotaUse,
}

// elsewhere says whether a query is tested in a story of its own, or what it is about is tested in package around.
func elsewhere(name string) bool {
	return name == "failures" || name == "salesforce_closed" || name == "clari_quota_pairs" || name == "clari_completeness" || name == "missing_rows" || strings.HasPrefix(name, "activity_") || strings.HasPrefix(name, "api_") ||
		strings.HasPrefix(name, "clari_activit") || strings.HasPrefix(name, "clari_audit") || strings.HasPrefix(name, "clari_opportunit")
}

// TestQueries: each view and query returns what plain Go makes of the stand-in's truth, in every database and write mode.
func TestQueries(t *testing.T) {
	t.Parallel()
	for _, q := range queries.All() {
		if checks[q.Name] == nil && !elsewhere(q.Name) {
			t.Errorf("%s is not tested", q.Name)
		}
	}
	eachStory(t, true, func(t *testing.T, s *story, d *database) {
		for name, want := range checks {
			wanted := want(t, s, d)
			got := []row(nil)
			if q := byName(name); q.IsView { // by its name, as people read it
				got = d.query(t, "SELECT * FROM "+name)
			} else {
				got = d.file(t, name)
			}
			if len(wanted) == 0 && s.mayBeEmpty(name, d) {
				if len(got) > 0 {
					t.Errorf("%s: %v", name, got[0])
				}
				continue
			}
			equal(t, name, got, wanted)
		}
		sums(t, s, d)
		documented(t, s, d)
	})
}

// mayBeEmpty says whether a query has nothing to tell: of accuracy no quarter is over, and nothing is left to compare.
func (s *story) mayBeEmpty(name string, d *database) bool {
	switch {
	case name == "team_changes": // nobody left between the exports
		return true
	case modeOf(name) == "append":
		return d.mode == "overwrite" && !s.keepsDays
	case name == "waterfall": // the week before the newest was not exported
		return !slices.ContainsFunc(s.personWeeks(d), func(c *cell) bool { return c.weeksBack == 1 })
	case name == "accuracy":
		return !s.hasEnded()
	case name == "accuracy_by_week": // five arrays do not tell what is closed
		return !slices.ContainsFunc(s.now.entries, func(r oracle.Row) bool {
			return s.isOver(r) && r["time_period_type"] == "quarter" && r["crm_closed"] != nil
		})
	case name == "pacing":
		return !slices.ContainsFunc(s.now.entries, func(r oracle.Row) bool { return s.isOver(r) && r["time_period_type"] == "quarter" })
	}
	return false
}

func byName(name string) queries.Query {
	for _, q := range queries.All() {
		if q.Name == name {
			return q
		}
	}
	return queries.Query{}
}

func ofTable(table string) func(*testing.T, *story, *database) []row {
	return func(_ *testing.T, s *story, _ *database) []row { return rows(s.now.others[table]) }
}

func presentExports(_ *testing.T, s *story, _ *database) (want []row) {
	for _, id := range s.now.jobs {
		want = append(want, row{"job_id": id, "outcome": "exported", "attempts": "1"})
	}
	return want
}

func listedJobs(_ *testing.T, s *story, _ *database) (want []row) {
	for _, job := range s.jobs {
		want = append(want, row{"job_id": job.ID})
	}
	return want
}

func limits(t *testing.T, s *story, d *database) (want []row) {
	for _, r := range d.query(t, "SELECT DISTINCT observed_at, available_monthly_quota FROM clari_limits") {
		want = append(want, maps.Clone(r))
	}
	if len(want) < 2 {
		t.Errorf("%d rows of limits", len(want))
	}
	return want
}

// TestQuestionsOfViews: SQLite answers each question where the marts are views, as they are after the README's loop: it gives up on views that are
// nested too deep.
func TestQuestionsOfViews(t *testing.T) {
	t.Parallel()
	s := *stories["latest"](t)
	d := openSQLite(t, s.writes("overwrite"))
	d.today = s.today.Format("'2006-01-02'")
	d.makeViews(t, &s)
	for _, q := range queries.All() {
		if q.IsView || q.ReadsForeign() || elsewhere(q.Name) && q.Name != "missing_rows" {
			continue
		}
		if rows, err := d.conn.QueryContext(t.Context(), strings.ReplaceAll(q.Without("activities"), "CURRENT_DATE", d.today)); err != nil {
			t.Errorf("%s: %v", q.Name, err)
		} else if err := rows.Close(); err != nil {
			t.Errorf("%s: %v", q.Name, err)
		}
	}
}
