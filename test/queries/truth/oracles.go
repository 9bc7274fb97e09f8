package truth

import (
	"maps"
	"slices"
	"testing"

	"github.com/cq-source-clari/cq-source-clari/test/oracle"
	"github.com/cq-source-clari/cq-source-clari/test/queries/story"
)

// Oracles are one for each view and query of the docs.
var Oracles = map[string]Oracle{
	"clari_forecast_current":              func(_ *testing.T, s *Story, _ *story.Database) []story.Row { return Rows(s.Now.Entries) },
	"clari_forecast_last_known":           func(_ *testing.T, s *Story, _ *story.Database) []story.Row { return Rows(s.Now.LastKnown) },
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

// ModeOf is the write mode that shows a mistake.
func ModeOf(question string) string {
	if question == "clari_forecast_changes" || slices.Contains(story.ByName(question).Uses, "clari_forecast_changes") {
		return "append"
	}
	return "overwrite"
}

// MayBeEmpty says whether a query has nothing to tell: of accuracy no quarter is over, and nothing is left to compare.
func (s *Story) MayBeEmpty(name string, d *story.Database) bool {
	switch {
	case name == "team_changes": // nobody left between the exports
		return true
	case ModeOf(name) == "append":
		return d.Mode == "overwrite" && !s.KeepsDays
	case name == "waterfall": // the week before the newest was not exported
		return !slices.ContainsFunc(s.personWeeks(d), func(c *cell) bool { return c.weeksBack == 1 })
	case name == "accuracy":
		return !s.hasEnded()
	case name == "accuracy_by_week": // five arrays do not tell what is closed
		return !slices.ContainsFunc(s.Now.Entries, func(r oracle.Row) bool {
			return s.isOver(r) && r["time_period_type"] == "quarter" && r["crm_closed"] != nil
		})
	case name == "pacing":
		return !slices.ContainsFunc(s.Now.Entries, func(r oracle.Row) bool { return s.isOver(r) && r["time_period_type"] == "quarter" })
	}
	return false
}

func ofTable(table string) Oracle {
	return func(_ *testing.T, s *Story, _ *story.Database) []story.Row { return Rows(s.Now.Others[table]) }
}

func presentExports(_ *testing.T, s *Story, _ *story.Database) (want []story.Row) {
	for _, id := range s.Now.Jobs {
		want = append(want, story.Row{"job_id": id, "outcome": "exported", "attempts": "1"})
	}
	return want
}

func listedJobs(_ *testing.T, s *Story, _ *story.Database) (want []story.Row) {
	for _, job := range s.Jobs {
		want = append(want, story.Row{"job_id": job.ID})
	}
	return want
}

func limits(t *testing.T, s *Story, d *story.Database) (want []story.Row) {
	for _, r := range d.Query(t, "SELECT DISTINCT observed_at, available_monthly_quota FROM clari_limits") {
		want = append(want, maps.Clone(r))
	}
	if len(want) < 2 {
		t.Errorf("%d rows of limits", len(want))
	}
	return want
}
