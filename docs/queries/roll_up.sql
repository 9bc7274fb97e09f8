-- What does each manager call, and what do the people right below?
-- gap is what the manager's call adds to the direct reports, or takes off. Their sum is as the manager sees it, with overrides. Of the sum, overrides is
-- what they add to the calls, left_since is of people who have left Clari since, and joined of those who were not below this manager the week before.
-- The people below are those of that week: a week of which no whole export is kept has no row. History keeps them. Never add rows up. Where people
-- enter their calls in several currencies there is no sum and no gap: export the tab in one currency.
WITH reports AS (
  SELECT p.*,
    LAG(p.manager_as_of) OVER (PARTITION BY p.forecast_key, p.time_period_id, p.user_id, p.field_id ORDER BY p.week_start_date) AS manager_before,
    LAG(p.tree_known) OVER (PARTITION BY p.forecast_key, p.time_period_id, p.user_id, p.field_id ORDER BY p.week_start_date) AS tree_before
  FROM clari_person_week p
)
SELECT
  m.forecast_key, m.requested_currency, m.time_period_id, m.user_id, MAX(m.user_name) AS user_name, MAX(m.hierarchy_level) AS hierarchy_level,
  MAX(m.current_manager_name) AS current_manager_name, m.field_name,
  m.week_start_date, MAX(m.currency_code) AS currency_code, MAX(m.forecast_value) AS own_call, COUNT(*) AS direct_reports,
  COUNT(*) - COUNT(r.effective_value) AS not_called, SUM(COALESCE(r.adjustment_value - COALESCE(r.forecast_value, 0), 0)) AS overrides,
  SUM(CASE WHEN r.in_latest_export THEN 0 ELSE COALESCE(r.effective_value, 0) END) AS left_since,
  SUM(CASE WHEN m.tree_before AND COALESCE(r.manager_before, '') <> m.user_id THEN COALESCE(r.effective_value, 0) ELSE 0 END) AS joined,
  CASE WHEN MIN(r.currency_code) <> MAX(r.currency_code) OR MIN(r.currency_code) <> MAX(m.currency_code) THEN NULL
    ELSE SUM(r.effective_value) END AS sum_of_direct_reports,
  CASE WHEN MIN(r.currency_code) <> MAX(r.currency_code) OR MIN(r.currency_code) <> MAX(m.currency_code) THEN NULL
    ELSE MAX(m.forecast_value) - COALESCE(SUM(r.effective_value), 0) END AS gap
FROM reports m
JOIN reports r
  ON r.forecast_key = m.forecast_key AND r.time_period_id = m.time_period_id AND r.time_frame_id = m.time_frame_id AND r.field_id = m.field_id
 AND r.manager_as_of = m.user_id
GROUP BY m.forecast_key, m.requested_currency, m.time_period_id, m.user_id, m.field_name, m.field_id, m.week_start_date
ORDER BY m.forecast_key, m.week_start_date, m.time_period_id, m.field_name, user_name, m.user_id;
