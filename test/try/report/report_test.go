package report

import (
	"bytes"
	"database/sql"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	_ "modernc.org/sqlite" // registers the driver "sqlite"
)

var today = time.Date(2026, 1, 14, 9, 0, 0, 0, time.UTC)

// database has what the views would have: a head, a manager and two reps, in the quarter before and in this one.
func database(t *testing.T) *sql.DB {
	db, err := sql.Open("sqlite", ":memory:")
	require.NoError(t, err)
	db.SetMaxOpenConns(1)
	t.Cleanup(func() { db.Close() })
	run := func(text string, args ...any) {
		_, err := db.Exec(text, args...)
		require.NoError(t, err, text)
	}
	run(`CREATE TABLE clari_forecast_current (forecast_id, requested_currency, scope_id, requested_period, time_period_id, time_period_start_date, time_period_end_date,
		week_start_date, weeks_to_end, user_id, user_name, hierarchy_level, has_reports, manager_user_id, field_id, field_name, forecast_value, quota_value, adjustment_value,
		crm_closed, is_updated, currency_code, currency_symbol)`)
	run(`CREATE TABLE clari_forecast_users_current (forecast_key, forecast_id, requested_currency, scope_id, requested_period, user_id, name, role, has_reports, manager_user_id)`)
	run(`CREATE TABLE clari_forecast_exports (outcome, exported_at, _cq_sync_time)`)
	run(`CREATE VIEW clari_forecast_exports_current AS SELECT * FROM clari_forecast_exports`)
	run(`CREATE TABLE clari_limits (monthly_quota, available_monthly_quota, observed_at)`)
	run(`INSERT INTO clari_limits VALUES (100, 40, '2026-01-14')`)
	run(`INSERT INTO clari_forecast_exports VALUES ('exported', '2026-01-14 08:00:00+00:00', '1'), ('failed', NULL, '1')`)
	staff := []struct {
		id, name, boss string
		level          int
		leads          bool
		calls          [2]float64 // of the last two weeks
	}{
		{"1", "Ada", "", 0, true, [2]float64{900e3, 950e3}},
		{"2", "Bo", "1", 1, true, [2]float64{1000e3, 1000e3}},
		{"3", "Cy", "2", 2, false, [2]float64{600e3, 500e3}},
		{"4", "Di", "2", 2, false, [2]float64{400e3, 600e3}},
	}
	weeks := map[string][]string{"2025_Q4": {"2025-10-19", "2025-10-26"}, "2026_Q1": {"2026-01-04", "2026-01-11", "2026-01-18"}}
	for quarter, starts := range weeks {
		for i, start := range starts {
			for _, p := range staff {
				var override any
				if p.id == "3" && i == 1 {
					override = 550e3
				}
				insert := func(field string, call, quota, closed any) {
					run(`INSERT INTO clari_forecast_current VALUES ('net_arr', '', '', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'USD', '$')`,
						quarter, quarter, "2026-01-01", "2026-03-31", start, len(starts)-1-i, p.id, p.name, p.level, p.leads, p.boss, field, field, call, quota, override, closed, p.id != "4")
				}
				insert("Commit", p.calls[min(i, 1)], nil, 500e3)
				insert("Quota", nil, 1000e3, nil)
			}
		}
		for _, p := range staff {
			run(`INSERT INTO clari_forecast_users_current VALUES (?, 'net_arr', '', '', ?, ?, ?, 'role', ?, ?)`, quarter, quarter, p.id, p.name, p.leads, p.boss)
		}
	}
	return db
}

func TestReport(t *testing.T) {
	db := database(t)
	tabs, err := Tabs(t.Context(), db)
	require.NoError(t, err)
	require.Equal(t, []Tab{{ForecastID: "net_arr"}}, tabs)
	p, err := Make(t.Context(), db, tabs[0], today, "From a test.")
	require.NoError(t, err)
	require.Equal(t, "net_arr, 2026_Q1", p.Title)
	require.Equal(t, "Commit is 950k, 50k below the quota of 1.0M (95\u00a0%). 500k is closed; 450k is still to win with 1 week left.", p.Headline)
	require.Equal(t, "2026_Q1 runs from 1 January 2026 to 31 March 2026. Week of 11 January 2026. Amounts are in USD.", p.About)
	sections := map[string][][]string{}
	for _, s := range p.Sections {
		sections[s.Title] = s.Rows
		if len(s.Rows) > 0 {
			require.Len(t, s.Rows[0], len(s.Head), s.Title)
		}
	}
	require.Equal(t, [][]string{{"0", "+90 %"}}, sections["How good the calls were"])
	require.Equal(t, [][]string{
		{"Ada", "950k", "1.0M", "−50k", "0", "−50k", "0 of 1"},
		{"Bo", "1.0M", "1.1M", "−100k", "+50k", "−150k", "0 of 2"},
	}, sections["Roll-up of Commit"])
	require.Equal(t, [][]string{{"Di", "role", "Bo"}}, sections["Who has not submitted"])
	require.Equal(t, [][]string{{"Di", "Bo", "400k", "600k", "+200k"}, {"Cy", "Bo", "600k", "550k", "−50k"}}, sections["What changed since the week before"])
	require.Contains(t, sections, "Calls by week against quota and closed")
	require.Equal(t, []string{
		"Newest export: 14 January 2026, 08:00 UTC.", "1 export of the last sync did not land: SELECT * FROM clari_forecast_exports WHERE error IS NOT NULL tells why.",
		"Export quota: 40 of 100 are left in these 30 days.", "From a test.",
	}, p.Footer)
	var out bytes.Buffer
	require.NoError(t, p.Write(&out))
	require.NotContains(t, out.String(), "NaN")
}

// TestLittle: what is missing in the tables leaves a section out, and nothing breaks.
func TestLittle(t *testing.T) {
	for _, less := range []string{
		"UPDATE clari_forecast_current SET is_updated = NULL", "UPDATE clari_forecast_current SET crm_closed = NULL", "DELETE FROM clari_forecast_current WHERE field_name = 'Quota'",
		"UPDATE clari_forecast_current SET forecast_value = NULL", "DELETE FROM clari_forecast_users_current", "DELETE FROM clari_limits", "DELETE FROM clari_forecast_exports",
		"UPDATE clari_forecast_current SET time_period_start_date = NULL, time_period_end_date = NULL, weeks_to_end = NULL",
		"DELETE FROM clari_forecast_current WHERE requested_period = '2025_Q4'", "UPDATE clari_forecast_current SET hierarchy_level = NULL, manager_user_id = NULL",
		"UPDATE clari_forecast_current SET field_name = 'Quota', quota_value = 1 WHERE field_name = 'Quota'",
	} {
		t.Run(less, func(t *testing.T) {
			db := database(t)
			_, err := db.Exec(less)
			require.NoError(t, err)
			p, err := Make(t.Context(), db, Tab{ForecastID: "net_arr"}, today, "")
			require.NoError(t, err)
			var out bytes.Buffer
			require.NoError(t, p.Write(&out))
			require.NotContains(t, out.String(), "NaN")
		})
	}
	db := database(t)
	_, err := Make(t.Context(), db, Tab{ForecastID: "other"}, today, "")
	require.ErrorContains(t, err, "report: other: no week has begun")
	_, err = db.Exec("DELETE FROM clari_forecast_current")
	require.NoError(t, err)
	_, err = Tabs(t.Context(), db)
	require.ErrorContains(t, err, "there are no entries: sync first")
	require.Equal(t, "net_arr in EUR of 1905::MGR", fmt.Sprint(Tab{"net_arr", "EUR", "1905::MGR"}))
}
