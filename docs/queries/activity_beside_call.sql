-- What does each person do in a week beside what they call?
-- The activities that they own, and their call for each field with its change since the last week that had one. A call that moves while nothing
-- happens is worth a question. Weeks are those of the forecast; a person is the same in both by the CRM user id.
WITH frames AS (
  SELECT forecast_id, scope_id, requested_currency, requested_period, time_frame_id, MIN(start_date) AS start_date, MIN(end_date) AS end_date
  FROM clari_forecast_time_frames_current
  GROUP BY forecast_id, scope_id, requested_currency, requested_period, time_frame_id
),
days AS (
  SELECT
    owner_crm_user_id,
    DATE(occurred_at) AS day,
    SUM(CASE WHEN activity_type = 'MEETING' THEN 1 ELSE 0 END) AS meetings,
    SUM(CASE WHEN activity_type LIKE 'EMAIL%' THEN 1 ELSE 0 END) AS emails,
    COUNT(*) AS activities
  FROM clari_activities_current
  WHERE owner_crm_user_id IS NOT NULL
  GROUP BY owner_crm_user_id, DATE(occurred_at)
),
weeks AS (
  SELECT
    d.owner_crm_user_id, w.start_date, w.end_date, SUM(d.meetings) AS meetings, SUM(d.emails) AS emails, SUM(d.activities) AS activities
  FROM (SELECT DISTINCT start_date, end_date FROM frames) w
  JOIN days d ON d.day BETWEEN w.start_date AND w.end_date
  GROUP BY d.owner_crm_user_id, w.start_date, w.end_date
)
SELECT
  c.forecast_id,
  c.scope_id,
  c.requested_currency,
  c.requested_period,
  c.time_period_id,
  w.start_date AS week,
  c.user_id,
  c.crm_user_id,
  c.field_id,
  c.forecast_value,
  c.forecast_value - LAG(c.forecast_value) OVER (
    PARTITION BY c.forecast_id, c.scope_id, c.requested_currency, c.requested_period, c.time_period_id, c.user_id, c.field_id
    ORDER BY w.start_date
  ) AS change,
  COALESCE(a.meetings, 0) AS meetings,
  COALESCE(a.emails, 0) AS emails,
  COALESCE(a.activities, 0) AS activities
FROM clari_forecast_current c
JOIN frames w
  ON w.forecast_id = c.forecast_id AND w.scope_id = c.scope_id AND w.requested_currency = c.requested_currency
 AND w.requested_period = c.requested_period AND w.time_frame_id = c.time_frame_id
LEFT JOIN weeks a ON a.owner_crm_user_id = c.crm_user_id AND a.start_date = w.start_date AND a.end_date = w.end_date
WHERE c.forecast_value IS NOT NULL
ORDER BY c.forecast_id, c.scope_id, c.requested_currency, c.requested_period, c.user_id, c.field_id, week;
