-- Made by make gen from docs/queries/waterfall.sql, where its comment is.
WITH calls AS (
  SELECT p.forecast_key, p.forecast_id, p.requested_currency, p.time_period_id, p.field_id, p.user_id, p.current_manager AS manager,
    MAX(p.field_name) AS field_name, MAX(p.user_name) AS user_name, MAX(p.currency_code) AS currency_code, MAX(p.newest_week) AS week_start_date,
    MAX(CASE WHEN p.week_back = 2 THEN p.effective_value END) AS last_week, MAX(CASE WHEN p.week_back = 1 THEN p.effective_value END) AS this_week
  FROM (
    SELECT k.*, DENSE_RANK() OVER (PARTITION BY k.forecast_key ORDER BY k.week_start_date DESC) AS week_back,
      MAX(k.week_start_date) OVER (PARTITION BY k.forecast_key) AS newest_week
    FROM {{ ref('clari__person_week') }} k
  ) p
  WHERE p.week_back <= 2
  GROUP BY p.forecast_key, p.forecast_id, p.requested_currency, p.time_period_id, p.field_id, p.user_id, p.current_manager
),
steps AS (
  SELECT m.forecast_key, m.forecast_id, m.requested_currency, m.time_period_id, m.field_id, m.field_name, m.currency_code, m.week_start_date,
    m.user_id AS manager_user_id, m.user_name AS manager_name, COALESCE(m.this_week, 0) - COALESCE(m.last_week, 0) AS manager_step,
    r.user_id, r.user_name, r.last_week, r.this_week, COALESCE(r.this_week, 0) - COALESCE(r.last_week, 0) AS step
  FROM calls m
  JOIN calls r ON r.forecast_key = m.forecast_key AND r.time_period_id = m.time_period_id AND r.field_id = m.field_id AND r.manager = m.user_id
)
SELECT s.forecast_key, s.forecast_id, s.requested_currency, s.time_period_id, s.field_name, s.currency_code, s.week_start_date, s.manager_user_id,
  s.manager_name, s.manager_step, CASE WHEN s.last_week IS NULL THEN 'new' WHEN s.this_week IS NULL THEN 'gone' ELSE 'moved' END AS kind,
  s.user_id, s.user_name, s.last_week, s.this_week, s.step
FROM steps s
WHERE s.step <> 0 OR (s.last_week IS NULL AND s.this_week IS NOT NULL) OR (s.last_week IS NOT NULL AND s.this_week IS NULL)
UNION ALL
SELECT s.forecast_key, s.forecast_id, s.requested_currency, s.time_period_id, s.field_name, MAX(s.currency_code), s.week_start_date, s.manager_user_id,
  MAX(s.manager_name), MAX(s.manager_step), 'own', s.manager_user_id, MAX(s.manager_name), NULL, NULL, MAX(s.manager_step) - SUM(s.step)
FROM steps s
GROUP BY s.forecast_key, s.forecast_id, s.requested_currency, s.time_period_id, s.field_id, s.field_name, s.week_start_date, s.manager_user_id
ORDER BY forecast_key, time_period_id, field_name, manager_name, manager_user_id, kind, user_name, user_id
