-- Who has not entered a call in the latest week of each quarter that has begun: weeks to come do not count. Needs the type
-- forecast_updated. Reads the view clari_forecast_current.
WITH frames AS (
  SELECT forecast_id, scope_id, requested_currency, requested_period, time_frame_id, MIN(start_date) AS start_date
  FROM clari_forecast_time_frames
  GROUP BY forecast_id, scope_id, requested_currency, requested_period, time_frame_id
),
latest AS (
  SELECT c.forecast_id, c.scope_id, c.requested_currency, c.requested_period, MAX(c.time_frame_id) AS time_frame_id
  FROM clari_forecast_current c
  JOIN frames w
    ON w.forecast_id = c.forecast_id AND w.scope_id = c.scope_id AND w.requested_currency = c.requested_currency
   AND w.requested_period = c.requested_period AND w.time_frame_id = c.time_frame_id
  WHERE w.start_date <= CURRENT_DATE
  GROUP BY c.forecast_id, c.scope_id, c.requested_currency, c.requested_period
)
SELECT
  c.forecast_id,
  c.scope_id,
  c.requested_currency,
  c.requested_period,
  c.time_frame_id,
  COALESCE(MAX(u.name), c.user_id) AS person,
  MAX(c.email) AS email,
  COUNT(*) AS fields_not_updated
FROM clari_forecast_current c
JOIN latest l
  ON l.forecast_id = c.forecast_id AND l.scope_id = c.scope_id AND l.requested_currency = c.requested_currency
 AND l.requested_period = c.requested_period AND l.time_frame_id = c.time_frame_id
LEFT JOIN (
  SELECT forecast_id, scope_id, requested_currency, requested_period, user_id, MAX(name) AS name
  FROM clari_forecast_users
  GROUP BY forecast_id, scope_id, requested_currency, requested_period, user_id
) u
  ON u.forecast_id = c.forecast_id AND u.scope_id = c.scope_id AND u.requested_currency = c.requested_currency
 AND u.requested_period = c.requested_period AND u.user_id = c.user_id
WHERE NOT c.is_updated
GROUP BY c.forecast_id, c.scope_id, c.requested_currency, c.requested_period, c.time_frame_id, c.user_id
ORDER BY c.forecast_id, c.scope_id, c.requested_currency, c.requested_period, person;
