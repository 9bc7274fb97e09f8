-- What does each manager call, and what do the people right below?
-- gap is what the manager's call adds to the direct reports, or takes off. Their sum is as the manager sees it, with overrides. Of the sum, overrides is
-- what they add to the calls, left_since is of people who have left Clari since, and joined of those who were not below this manager the week before.
-- The people below are those of that week: a week of which no whole export is kept has no row. History keeps them. Never add rows up. Where people
-- enter their calls in several currencies there is no sum, no part of it and no gap: export the tab in one currency.
WITH reports AS (
  SELECT p.*,
    LAG(p.manager_as_of) OVER (PARTITION BY p.forecast_key, p.time_period_id, p.user_id, p.field_id ORDER BY p.week_start_date) AS manager_before,
    LAG(p.tree_known) OVER (PARTITION BY p.forecast_key, p.time_period_id, p.user_id, p.field_id ORDER BY p.week_start_date) AS tree_before
  FROM clari_person_week p
),
teams AS ( -- whole is 1, or null where currencies differ
  SELECT m.forecast_key, m.requested_currency, m.time_period_id, m.user_id, MAX(m.user_name) AS user_name, MAX(m.hierarchy_level) AS hierarchy_level,
    MAX(m.current_manager_name) AS current_manager_name, m.field_id, m.field_name, m.week_start_date, MAX(m.currency_code) AS currency_code,
    MAX(m.forecast_value) AS own_call, COUNT(*) AS direct_reports, COUNT(*) - COUNT(r.effective_value) AS not_called,
    SUM(COALESCE(r.adjustment_value - COALESCE(r.forecast_value, 0), 0)) AS overrides, SUM(r.effective_value) AS effective_value,
    SUM(CASE WHEN r.in_latest_export THEN 0 ELSE COALESCE(r.effective_value, 0) END) AS left_since,
    SUM(CASE WHEN m.tree_before AND COALESCE(r.manager_before, '') <> m.user_id THEN COALESCE(r.effective_value, 0) ELSE 0 END) AS joined,
    CASE WHEN MIN(r.currency_code) <> MAX(r.currency_code) OR MIN(r.currency_code) <> MAX(m.currency_code) THEN NULL ELSE 1 END AS whole
  FROM reports m
  JOIN reports r ON r.forecast_key = m.forecast_key AND r.time_period_id = m.time_period_id AND r.time_frame_id = m.time_frame_id
   AND r.field_id = m.field_id AND r.manager_as_of = m.user_id
  GROUP BY m.forecast_key, m.requested_currency, m.time_period_id, m.user_id, m.field_id, m.field_name, m.week_start_date
)
SELECT t.forecast_key, t.requested_currency, t.time_period_id, t.user_id, t.user_name, t.hierarchy_level, t.current_manager_name, t.field_id, t.field_name,
  t.week_start_date, t.currency_code, t.own_call, t.direct_reports, t.not_called, t.whole * t.overrides AS overrides, t.whole * t.left_since AS left_since,
  t.whole * t.joined AS joined, t.whole * t.effective_value AS sum_of_direct_reports, t.whole * (t.own_call - COALESCE(t.effective_value, 0)) AS gap
FROM teams t
ORDER BY t.forecast_key, t.week_start_date, t.time_period_id, t.field_name, t.user_name, t.user_id;
