-- How each person's call for each field moved from week to week: the call, the change since the week before, and what managers
-- added. Reads the view clari_forecast_current.
WITH people AS (
  SELECT forecast_id, scope_id, requested_currency, requested_period, user_id, MAX(name) AS name, MAX(role) AS role
  FROM clari_forecast_users
  GROUP BY forecast_id, scope_id, requested_currency, requested_period, user_id
),
fields AS (
  SELECT forecast_id, scope_id, requested_currency, requested_period, field_id, MAX(name) AS name
  FROM clari_forecast_fields
  GROUP BY forecast_id, scope_id, requested_currency, requested_period, field_id
),
frames AS (
  SELECT forecast_id, scope_id, requested_currency, requested_period, time_frame_id, MIN(start_date) AS start_date
  FROM clari_forecast_time_frames
  GROUP BY forecast_id, scope_id, requested_currency, requested_period, time_frame_id
)
SELECT
  c.forecast_id,
  c.scope_id,
  c.requested_currency,
  c.requested_period,
  c.time_period_id,
  p.name AS person,
  p.role,
  f.name AS field,
  w.start_date AS week,
  c.currency_code,
  c.forecast_value,
  c.forecast_value - LAG(c.forecast_value) OVER (
    PARTITION BY c.forecast_id, c.scope_id, c.requested_currency, c.requested_period, c.time_period_id, c.user_id, c.field_id
    ORDER BY w.start_date
  ) AS change,
  c.adjustment_value
FROM clari_forecast_current c
JOIN frames w
  ON w.forecast_id = c.forecast_id AND w.scope_id = c.scope_id AND w.requested_currency = c.requested_currency
 AND w.requested_period = c.requested_period AND w.time_frame_id = c.time_frame_id
LEFT JOIN people p
  ON p.forecast_id = c.forecast_id AND p.scope_id = c.scope_id AND p.requested_currency = c.requested_currency
 AND p.requested_period = c.requested_period AND p.user_id = c.user_id
LEFT JOIN fields f
  ON f.forecast_id = c.forecast_id AND f.scope_id = c.scope_id AND f.requested_currency = c.requested_currency
 AND f.requested_period = c.requested_period AND f.field_id = c.field_id
WHERE c.forecast_value IS NOT NULL
ORDER BY c.forecast_id, c.scope_id, c.requested_currency, c.requested_period, c.time_period_id, person, field, week;
