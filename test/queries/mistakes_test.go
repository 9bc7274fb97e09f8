package queries

import (
	"fmt"
	"testing"
	"time"

	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
	"github.com/cq-source-clari/cq-source-clari/test/queries/story"
	"github.com/cq-source-clari/cq-source-clari/test/queries/truth"
)

// mistakes are what somebody might write: in each question a part of the query, what the mistake puts in its place, and the story that
// shows it. Changes are there in append mode only.
var mistakes = []struct{ question, mistake, story, part, instead string }{
	{"accuracy", "whoever has left is left out", "leaver", "WHERE p.is_over", "WHERE p.in_latest_export AND p.is_over"},
	{"accuracy", "the outcome is always the person's own last call", "designed", "COALESCE(p.newest_closed, p.newest_call)", "p.newest_call"},
	{"accuracy", "quarters that go on are measured", "designed", "p.is_over AND", ""},
	{"accuracy", "the bias mixes all weeks of the quarter", "designed", ", c.weeks_to_end) AS bias", ") AS bias"},
	{"week_over_week", "an override without a call vanishes", "designed", "p.effective_value IS NOT NULL", "p.forecast_value IS NOT NULL"},
	{"accuracy_by_week", "levels of the hierarchy are mixed", "designed", ", p.hierarchy_level, p.weeks_to_end\nORDER", ", p.weeks_to_end\nORDER"},
	{"accuracy_by_week", "quarters that go on are measured", "designed", "p.is_over AND", ""},
	{"accuracy_by_week", "calls too high and too low cancel out", "designed", "AVG(ABS(p.effective_value - p.newest_closed)", "AVG((p.effective_value - p.newest_closed)"},
	{"coverage", "what is closed counts as open", "designed", "n.crm_total - n.crm_closed AS open_pipeline", "n.crm_total AS open_pipeline"},
	{"coverage", "whoever has left has pipeline", "leaver", " AND p.in_latest_export", ""},
	{"coverage", "the quota is not what is still to close", "designed", "(n.quota_value - n.crm_closed) END", "n.quota_value END"},
	{"coverage", "the first week is taken for the newest", "designed", "ORDER BY p.week_start_date DESC", "ORDER BY p.week_start_date"},
	{"attainment", "closed is that of the week of the last call", "designed", "p.newest_closed AS crm_closed", "MAX(CASE WHEN p.effective_value IS NOT NULL THEN p.crm_closed END) OVER (PARTITION BY p.forecast_key, p.user_id, p.field_id) AS crm_closed"},
	{"attainment", "who has a quota and no call is left out", "designed", "(p.newest_call IS NOT NULL OR p.quota_value IS NOT NULL OR p.newest_closed IS NOT NULL)", "p.newest_call IS NOT NULL"},
	{"attainment", "the quota is there once a week", "designed", "p.quota_number = 1 AND", ""},
	{"submissions", "today's list has the latest week of every quarter", "weekly", "w.is_current_week AS is_this_week", "w.is_latest_week AS is_this_week"},
	{"submissions", "a week on the border is listed in both quarters", "designed", "w.is_current_week AS is_this_week", "CURRENT_DATE BETWEEN w.week_start_date AND w.week_end_date AS is_this_week"},
	{"submissions", "whoever has left in this week is on the list of today", "history", " AND w.in_latest_export", ""},
	{"submissions", "who enters nothing is not listed", "designed", "FROM weeks w\n", "FROM weeks w WHERE w.effective_value IS NOT NULL\n"},
	{"submissions", "all weeks missed are one streak", "designed", ", w.last_submitted ORDER BY", " ORDER BY"},
	{"overrides", "the call is taken for right where the override was", "designed", "< ABS(m.forecast_value - m.outcome_value)", "> ABS(m.forecast_value - m.outcome_value)"},
	{"overrides", "what is closed so far is taken for the outcome", "designed", "CASE WHEN p.is_over THEN COALESCE(p.newest_closed, p.newest_call) END", "COALESCE(p.newest_closed, p.newest_call)"},
	{"overrides", "the bias is that of the calls", "designed", "AVG(m.adjustment_value - m.outcome_value)", "AVG(m.forecast_value - m.outcome_value)"},
	{"overrides", "all managers share one bias", "weekly", ", m.adjusted_by, m.currency_code) END", ", m.currency_code) END"},
	{"commit_to_closed", "weeks are counted from the start", "leaver", "p.weeks_to_end = 4", "p.week_number = 9"},
	{"commit_to_closed", "closed is that of the last week alone", "designed", "MAX(p.newest_closed)", "MAX(CASE WHEN p.weeks_to_end = 0 THEN p.crm_closed END)"},
	{"pacing", "a quarter is its own quarter before", "designed", "a.quarter_number - 4 AND a.quarter_number - 1", "a.quarter_number - 4 AND a.quarter_number"},
	{"pacing", "the week number is compared", "leaver", "b.weeks_to_end = a.weeks_to_end", "b.week_number = a.week_number"},
	{"pacing", "closed so far is taken for the run rate", "designed", "MAX(a.crm_closed) / NULLIF(AVG(b.crm_closed / NULLIF(b.newest_closed, 0)), 0) AS run_rate", "MAX(a.crm_closed) AS run_rate"},
	{"roll_up", "overrides are left out of the sum", "designed", "SUM(r.effective_value) AS effective_value", "SUM(r.forecast_value) AS effective_value"},
	{"roll_up", "who has not called does not count", "designed", "COUNT(*) AS direct_reports", "COUNT(r.forecast_value) AS direct_reports"},
	{"roll_up", "past weeks are shown under today's tree", "designed", "r.manager_as_of = m.user_id", "r.current_manager = m.user_id"},
	{"roll_up", "who has left is below nobody", "history", "ELSE COALESCE(r.effective_value, 0) END) AS left_since", "ELSE 0 END) AS left_since"},
	{"team_changes", "who has left is not told", "weekly", "('came', 'went', 'moved')", "('came', 'moved')"},
	{"what_changed", "all that ever changed is new", "weekly", " AND n.exported_at = c.exported_at", ""},
	{"what_changed", "overrides are no change", "weekly", "('call', 'override', 'quota')", "('call', 'quota')"},
	{"waterfall", "everybody is new where last week was never exported", "latest", " AND p.week_before = 1", ""},
	{"waterfall", "overrides are left out", "designed", "THEN p.effective_value END) AS this_week", "THEN p.forecast_value END) AS this_week"},
	{"waterfall", "the manager's own part is the whole step", "designed", "s.step - s.steps_below", "s.step"},
	{"clari_person_week", "leavers are left out", "weekly", "WHERE m.copy_number = 1", "WHERE m.copy_number = 1 AND m.exported_at >= m.newest_at"},
	{"clari_person_week", "leavers count in weeks after they left", "weekly", "(w.start_date <= m.snapshot_date", "(1 = 1"},
	{"clari_person_week", "the override is added to nothing", "designed", "COALESCE(e.adjustment_value, e.forecast_value) AS effective_value", "e.forecast_value AS effective_value"},
	{"clari_person_week", "past weeks have today's tree", "weekly", "a.manager_user_id AS manager_as_of", "p.manager_user_id AS manager_as_of"},
	{"clari_person_week", "what is left of an overwritten export is taken for the team", "weekly", "HAVING COUNT(*) = MAX(users)", "HAVING COUNT(*) > 0"},
	{"clari_person_week", "a field of quotas is taken for a call", "designed", "WHERE f.of_quotas = 0", "WHERE 1 = 1"},
	{"clari_person_week", "a step goes over a week that was never exported", "latest", "CASE WHEN m.places = 1 AND COALESCE(m.numbers, 1) = 1 THEN m.effective_value - m.value_before END", "m.effective_value - m.value_before"},
	{"clari_person_week", "membership is known wherever an export has the week", "designed", "CASE WHEN p.claim = 1 THEN 'assumed' ELSE 'known' END", "'known'"},
	{"clari_person_week", "the quota is that of another week", "designed", "AND o.time_frame_id = p.time_frame_id ", ""},
	{"clari_forecast_changes", "an export is compared with itself", "history", "WHERE c.types_before = c.types AND", "WHERE 1 = 0 OR c.job_before IS NULL AND"},
	{"clari_forecast_changes", "a change of an override is by who changed the call", "history", "c.adjusted_by, c.adjusted_at FROM", "c.updated_by, c.updated_at FROM"},
	{"clari_forecast_changes", "who went has moved", "weekly", "CASE WHEN p.was_there < 1 THEN 'came' WHEN p.is_there < 1 THEN 'went' ELSE 'moved' END", "'moved'"},
	{"clari_forecast_changes", "what is gone is no change", "weekly", " OR (a.value_before IS NOT NULL AND a.value_after IS NULL)", ""},
	{"salesforce", "exports of rows with labels, which have no ids of roles, vanish", "weekly", "LEFT JOIN salesforce_user_role", "JOIN salesforce_user_role"},
	{"quota_use", "what was exported after Clari told its limits counts as left", "weekly", "j.requested_at > n.observed_at", "1 = 0"},
}

// TestMistakes: the truth of a story tells each query from itself with a mistake in it.
func TestMistakes(t *testing.T) {
	t.Parallel()
	for name, tell := range story.All {
		for _, mode := range []string{"overwrite", "append"} {
			t.Run(name+" "+mode, func(t *testing.T) {
				s := *truth.Of(tell(t))
				s.AsTables = true
				d := story.Land(t, &s.Story, "SQLite", mode)
				d.MakeViews(t, &s.Story)
				for _, m := range mistakes {
					if m.story != name || truth.ModeOf(m.question) != mode {
						continue
					}
					if want := truth.Oracles[m.question](t, &s, d); len(story.Difference(d.Answer(t, story.Mutant(t, m.question, m.part, m.instead)), want)) == 0 {
						t.Errorf("%s: %s, and nobody notices", m.question, m.mistake)
					}
				}
			})
		}
	}
}

// TestClosedIsThatOfTheNewestWeek: Rep A stopped calling in the fourth week, when 18 % of her quota were closed. In the last week it is 77 %.
func TestClosedIsThatOfTheNewestWeek(t *testing.T) {
	t.Parallel()
	s := story.All["designed"](t)
	story.Each(t, s, "overwrite", func(t *testing.T, d *story.Database) {
		for _, r := range d.File(t, "attainment") {
			if r["forecast_key"] != "bookings/2000_Q4" || r["user_name"] != "Rep A" {
				continue
			}
			if got := fmt.Sprintf("%s of %s, closed %.5s", r["crm_closed"], r["quota_value"], r["closed_attainment"]); got != "18571.43 of 24000, closed 0.773" {
				t.Errorf("Rep A: %s", got)
			}
			return
		}
		t.Error("Rep A has no row")
	})
}

// TestQuotaUseCountsActivities: an export of activities costs what one of forecasts does.
func TestQuotaUseCountsActivities(t *testing.T) {
	t.Parallel()
	s := story.Tell(t, sim.Config{Tenant: sim.Tenant{People: 3}, Monthly: 30, Around: sim.Around{ActivityEvery: 6 * time.Hour}}, map[string]any{
		"periods": []string{"current"}, "activities": map[string]any{"since": "1999-12-20"},
	}, true, story.Day(0, 6), story.Day(1, 6), story.Day(2, 6))
	spent := map[[2]string]int{}
	for _, job := range s.Jobs {
		kind := "forecast"
		if job.Activities != nil {
			kind = "activity"
		}
		spent[[2]string{job.CreatedAt.Format(time.DateOnly), kind}]++
	}
	story.Each(t, s, "overwrite", func(t *testing.T, d *story.Database) {
		var want []story.Row
		for at, n := range spent {
			want = append(want, truth.RowOf(nil, nil, map[string]any{"export_day": at[0], "export_kind": at[1], "exports": n, "exports_a_day": float64(len(s.Jobs)) / 3}))
		}
		q := story.ByName("quota_use")
		story.Equal(t, "quota_use", d.Answer(t, q.Select), want)
		if len(story.Difference(d.Answer(t, q.Without("activities")), want)) == 0 {
			t.Error("activities are left out, and nobody notices")
		}
	})
}

// TestStoppedEarly: a quarter that is over today, and was exported last when it was not, has no outcome: what was closed by then is none.
func TestStoppedEarly(t *testing.T) {
	t.Parallel()
	s := *story.Tell(t, sim.Config{Tenant: story.Designed()}, map[string]any{
		"forecasts": []map[string]any{{"id": "bookings", "types": story.AllTypes}}, "periods": []string{"current"}, "fiscal_year_start_month": 2,
	}, false, story.Day(10, 6))
	s.Today = story.Day(60, 0)
	story.Each(t, &s, "overwrite", func(t *testing.T, d *story.Database) {
		for _, name := range []string{"accuracy", "accuracy_by_week"} {
			if got := d.File(t, name); len(got) > 0 {
				t.Errorf("%s: %v", name, got[0])
			}
			if len(d.Answer(t, story.Mutant(t, name, "p.is_over", "p.time_period_end_date < CURRENT_DATE"))) == 0 {
				t.Errorf("%s: what was closed at the last export is taken for the outcome, and nobody notices", name)
			}
		}
		for name, column := range map[string]string{"overrides": "outcome_value", "commit_to_closed": "is_over"} {
			all := d.File(t, name)
			for _, r := range all {
				if r[column] > "0" {
					t.Errorf("%s: %v", name, r)
				}
			}
			if len(all) == 0 {
				t.Errorf("%s has no rows", name)
			}
		}
	})
}

// TestSalesforceClosed: what is won, owned and closed in the quarter counts, on its first and last day too; who closed nothing has closed 0.
func TestSalesforceClosed(t *testing.T) {
	t.Parallel()
	s := *truth.Of(story.All["designed"](t))
	s.AsTables = true
	story.Each(t, &s.Story, "overwrite", func(t *testing.T, d *story.Database) {
		want := truth.SalesforceClosed(t, &s, d)
		story.Equal(t, "salesforce_closed", d.File(t, "salesforce_closed"), want)
		for part, instead := range map[string]string{
			" AND o.is_won": "", "WHERE NOT p.has_reports": "WHERE 1 = 1", "COALESCE(w.closed_won, 0) END AS closed_won": "w.closed_won END AS closed_won",
			" AND o.close_date BETWEEN s.time_period_start_date AND s.time_period_end_date": "",
		} {
			if len(story.Difference(d.Query(t, story.Mutant(t, "salesforce_closed", part, instead)), want)) == 0 {
				t.Errorf("%q in place of %q, and nobody notices", instead, part)
			}
		}
	})
}
