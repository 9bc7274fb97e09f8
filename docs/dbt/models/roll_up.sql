-- Made by make gen from docs/queries/roll_up.sql, where its comment is.
WITH whole AS (
  SELECT
    u.forecast_key, w.time_frame_id, u.job_id,
    ROW_NUMBER() OVER (PARTITION BY u.forecast_key, w.time_frame_id ORDER BY MAX(u.exported_at) DESC, u.job_id DESC) AS export_number
  FROM {{ source('clari', 'clari_forecast_users') }} u
  JOIN {{ source('clari', 'clari_forecast_exports') }} x ON x.forecast_key = u.forecast_key AND x.job_id = u.job_id AND x.outcome IN ('exported', 'adopted', 'landed_again')
  JOIN {{ ref('clari_forecast_time_frames_current') }} w ON w.forecast_key = u.forecast_key AND u.snapshot_date BETWEEN w.start_date AND w.end_date
  GROUP BY u.forecast_key, w.time_frame_id, u.job_id
  HAVING COUNT(DISTINCT u.user_id) = MAX(x.users)
),
team AS (
  SELECT DISTINCT h.forecast_key, h.time_frame_id, u.user_id, u.manager_user_id
  FROM whole h
  JOIN {{ source('clari', 'clari_forecast_users') }} u ON u.forecast_key = h.forecast_key AND u.job_id = h.job_id
  WHERE h.export_number = 1
),
called AS (
  SELECT forecast_key, time_period_id, time_frame_id, week_start_date, field_id, MAX(field_name) AS field_name
  FROM {{ ref('clari_forecast_last_known') }}
  WHERE forecast_value IS NOT NULL OR adjustment_value IS NOT NULL
  GROUP BY forecast_key, time_period_id, time_frame_id, week_start_date, field_id
)
SELECT
  c.forecast_key, c.time_period_id, t.manager_user_id AS user_id, MAX(b.name) AS user_name, MAX(b.hierarchy_level) AS hierarchy_level,
  c.field_name, c.week_start_date, MAX(m.forecast_value) AS own_call,
  COUNT(*) AS direct_reports,
  COUNT(COALESCE(k.adjustment_value, k.forecast_value)) AS reports_called,
  SUM(COALESCE(k.adjustment_value - COALESCE(k.forecast_value, 0), 0)) AS overrides,
  SUM(COALESCE(k.adjustment_value, k.forecast_value)) AS sum_of_direct_reports,
  MAX(m.forecast_value) - COALESCE(SUM(COALESCE(k.adjustment_value, k.forecast_value)), 0) AS gap
FROM team t
JOIN called c ON c.forecast_key = t.forecast_key AND c.time_frame_id = t.time_frame_id
LEFT JOIN {{ ref('clari_forecast_users_current') }} b ON b.forecast_key = t.forecast_key AND b.user_id = t.manager_user_id
LEFT JOIN {{ ref('clari_forecast_last_known') }} m
  ON m.forecast_key = c.forecast_key AND m.time_period_id = c.time_period_id AND m.time_frame_id = c.time_frame_id AND m.field_id = c.field_id
 AND m.user_id = t.manager_user_id
LEFT JOIN {{ ref('clari_forecast_last_known') }} k
  ON k.forecast_key = c.forecast_key AND k.time_period_id = c.time_period_id AND k.time_frame_id = c.time_frame_id AND k.field_id = c.field_id
 AND k.user_id = t.user_id
WHERE t.manager_user_id IS NOT NULL
GROUP BY c.forecast_key, c.time_period_id, t.manager_user_id, c.field_name, c.field_id, c.week_start_date
ORDER BY c.forecast_key, c.week_start_date, c.time_period_id, c.field_name, user_name, user_id
