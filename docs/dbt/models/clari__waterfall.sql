-- Made by make gen from docs/queries/waterfall.sql, where its comment is.
WITH calls AS (
  SELECT p.forecast_key, p.forecast_id, p.requested_currency, p.time_period_id, p.field_id, p.user_id, p.current_manager, MAX(p.field_name) AS field_name,
    MAX(p.user_name) AS user_name, MAX(p.currency_code) AS currency_code, MAX(p.week_start_date) AS week_start_date,
    MAX(CASE WHEN p.weeks_back = 1 THEN p.effective_value END) AS last_week, MAX(CASE WHEN p.weeks_back = 0 THEN p.effective_value END) AS this_week,
    COALESCE(SUM(CASE p.weeks_back WHEN 0 THEN p.effective_value ELSE -p.effective_value END), 0) AS step
  FROM (SELECT w.*, MIN(CASE WHEN w.weeks_back > 0 THEN w.weeks_back END) OVER (PARTITION BY w.forecast_key) AS week_before FROM {{ ref('clari__person_week') }} w) p
  WHERE p.weeks_back <= 1 AND p.week_before = 1
  GROUP BY p.forecast_key, p.forecast_id, p.requested_currency, p.time_period_id, p.field_id, p.user_id, p.current_manager
),
steps AS ( -- each manager's team: the direct reports, and the manager
  SELECT m.*, r.below, r.user_id AS member_id, r.user_name AS member_name, r.currency_code AS member_code, r.step AS member_step,
    CASE WHEN r.below = 1 THEN r.last_week END AS was, CASE WHEN r.below = 1 THEN r.this_week END AS is_now,
    SUM(CASE WHEN r.below = 1 THEN r.step END) OVER (PARTITION BY m.forecast_key, m.time_period_id, m.field_id, m.user_id) AS steps_below
  FROM calls m
  JOIN (SELECT c.*, k.below, CASE k.below WHEN 1 THEN c.current_manager ELSE c.user_id END AS team FROM calls c CROSS JOIN (SELECT 1 AS below UNION ALL SELECT 0) k) r
    ON r.forecast_key = m.forecast_key AND r.time_period_id = m.time_period_id AND r.field_id = m.field_id AND r.team = m.user_id
)
SELECT s.forecast_key, s.forecast_id, s.requested_currency, s.time_period_id, s.field_id, s.field_name, s.member_code AS currency_code, s.week_start_date,
  s.user_id AS manager_user_id, s.user_name AS manager_name, s.step AS manager_step, s.member_id AS user_id, s.member_name AS user_name,
  CASE WHEN s.below = 0 THEN 'own' WHEN s.was IS NULL THEN 'new' WHEN s.is_now IS NULL THEN 'gone' ELSE 'moved' END AS kind, s.was AS last_week, s.is_now AS this_week,
  CASE WHEN s.below = 1 THEN s.member_step WHEN MIN(s.member_code) OVER (PARTITION BY s.forecast_key, s.time_period_id, s.field_id, s.user_id)
    <> MAX(s.member_code) OVER (PARTITION BY s.forecast_key, s.time_period_id, s.field_id, s.user_id) THEN NULL ELSE s.step - s.steps_below END AS step
FROM steps s
WHERE s.steps_below IS NOT NULL AND (s.below = 0 OR s.member_step <> 0 OR (s.was IS NULL) <> (s.is_now IS NULL))
ORDER BY s.forecast_key, s.time_period_id, s.field_name, manager_name, manager_user_id, kind, user_name, user_id
