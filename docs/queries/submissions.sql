-- Who has submitted a call, and who has not, in each week that has begun?
-- List the labels of the required fields on top. Who has no row at all counts as not submitted. For the list of today:
-- is_this_week AND NOT is_submitted; this week is that of CURRENT_DATE, in the quarter of CURRENT_DATE alone. People are those in the newest
-- export. Needs the type forecast_updated.
WITH required AS (
  SELECT 'Commit' AS field_name
  UNION ALL SELECT 'Best Case'
),
people AS (
  SELECT u.*, MAX(u.exported_at) OVER (PARTITION BY u.forecast_key) AS newest_at FROM clari_forecast_users_current u
),
quarters AS (
  SELECT forecast_key, MIN(start_date) AS first_day, MAX(end_date) AS last_day FROM clari_forecast_time_periods_current GROUP BY forecast_key
),
weeks AS (
  SELECT
    w.*,
    w.end_date >= CURRENT_DATE AND COALESCE(q.first_day, w.start_date) <= CURRENT_DATE AND COALESCE(q.last_day, w.end_date) >= CURRENT_DATE AS is_this_week
  FROM clari_forecast_time_frames_current w
  LEFT JOIN quarters q ON q.forecast_key = w.forecast_key
  WHERE w.start_date <= CURRENT_DATE
)
SELECT
  p.forecast_key, p.forecast_id, p.scope_id, p.requested_currency, p.requested_period, w.start_date AS week_start_date, p.user_id, p.name AS user_name,
  p.email, p.role, p.hierarchy_level, p.has_reports, f.name AS field_name, w.is_this_week,
  MAX(CASE WHEN c.is_updated THEN 1 ELSE 0 END) = 1 AS is_submitted
FROM people p
JOIN clari_forecast_fields_current f ON f.forecast_key = p.forecast_key
JOIN required r ON r.field_name = f.name
JOIN weeks w ON w.forecast_key = p.forecast_key
LEFT JOIN clari_forecast_current c
  ON c.forecast_key = p.forecast_key AND c.user_id = p.user_id AND c.field_id = f.field_id AND c.time_frame_id = w.time_frame_id
WHERE p.exported_at = p.newest_at
GROUP BY
  p.forecast_key, p.forecast_id, p.scope_id, p.requested_currency, p.requested_period, w.start_date, w.is_this_week, p.user_id, p.name, p.email, p.role,
  p.hierarchy_level, p.has_reports, f.field_id, f.name
ORDER BY p.forecast_key, w.start_date, p.hierarchy_level, p.name, p.user_id, f.name;
