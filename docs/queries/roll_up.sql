-- What does each manager call, and what do the people right below?
-- gap is what the manager adds to the direct reports, or takes off. Each row stands for itself: never add rows up, a manager's call
-- holds the team already. People without a manager_user_id are in nobody's sum.
WITH reports AS (
  SELECT forecast_key, time_period_id, time_frame_id, field_id, manager_user_id, COUNT(*) AS direct_reports, SUM(forecast_value) AS amount
  FROM clari_forecast_current
  WHERE forecast_value IS NOT NULL AND manager_user_id IS NOT NULL
  GROUP BY forecast_key, time_period_id, time_frame_id, field_id, manager_user_id
)
SELECT
  m.forecast_key, m.time_period_id, m.user_id, m.user_name, m.hierarchy_level, m.field_name, m.week_start_date, m.currency_code,
  m.forecast_value AS own_call,
  r.direct_reports,
  r.amount AS sum_of_direct_reports,
  m.forecast_value - r.amount AS gap
FROM clari_forecast_current m
JOIN reports r
  ON r.forecast_key = m.forecast_key AND r.time_period_id = m.time_period_id AND r.time_frame_id = m.time_frame_id
 AND r.field_id = m.field_id AND r.manager_user_id = m.user_id
ORDER BY m.forecast_key, m.week_start_date, m.time_period_id, m.field_name, m.hierarchy_level, m.user_name, m.user_id;
