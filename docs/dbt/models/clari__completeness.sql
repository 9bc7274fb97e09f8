-- Made by make gen from docs/queries/clari_completeness.sql, where its comment is.
WITH landed AS (
  SELECT
    r.forecast_key, r.forecast_id, r.scope_id, r.requested_currency, r.requested_period, r.job_id, MAX(r.exported_at) AS exported_at,
    ROW_NUMBER() OVER (PARTITION BY r.forecast_key ORDER BY MAX(r.exported_at) DESC, r.job_id DESC) AS place,
    MAX(r.users) AS users,
    MAX(r.fields) AS fields,
    MAX(r.time_periods) AS time_periods,
    MAX(r.time_frames) AS time_frames
  FROM {{ source('clari', 'clari_forecast_exports') }} r
  WHERE r.outcome IN ('exported', 'adopted', 'landed_again')
  GROUP BY r.forecast_key, r.forecast_id, r.scope_id, r.requested_currency, r.requested_period, r.job_id
),
week_rows AS (
  SELECT r.forecast_key, r.time_frame_id, r.job_id, MAX(r.exported_at) AS exported_at, COUNT(DISTINCT r._cq_id) AS rows_there
  FROM {{ source('clari', 'clari_forecast_entries') }} r
  GROUP BY r.forecast_key, r.time_frame_id, r.job_id
),
table_rows AS (
  SELECT 'clari_forecast_users' AS table_name, r.forecast_key, r.job_id, MAX(r.exported_at) AS exported_at, COUNT(DISTINCT r._cq_id) AS rows_there
  FROM {{ source('clari', 'clari_forecast_users') }} r
  GROUP BY r.forecast_key, r.job_id
  UNION ALL
  SELECT 'clari_forecast_fields' AS table_name, r.forecast_key, r.job_id, MAX(r.exported_at) AS exported_at, COUNT(DISTINCT r._cq_id) AS rows_there
  FROM {{ source('clari', 'clari_forecast_fields') }} r
  GROUP BY r.forecast_key, r.job_id
  UNION ALL
  SELECT 'clari_forecast_time_periods' AS table_name, r.forecast_key, r.job_id, MAX(r.exported_at) AS exported_at, COUNT(DISTINCT r._cq_id) AS rows_there
  FROM {{ source('clari', 'clari_forecast_time_periods') }} r
  GROUP BY r.forecast_key, r.job_id
  UNION ALL
  SELECT 'clari_forecast_time_frames' AS table_name, r.forecast_key, r.job_id, MAX(r.exported_at) AS exported_at, COUNT(DISTINCT r._cq_id) AS rows_there
  FROM {{ source('clari', 'clari_forecast_time_frames') }} r
  GROUP BY r.forecast_key, r.job_id
),
sent AS (
  SELECT
    x.forecast_key, x.forecast_id, x.scope_id, x.requested_currency, x.requested_period, x.job_id, x.exported_at, 'clari_forecast_entries' AS table_name,
    t.time_frame_id, t.start_date AS week_start_date, MAX(t.entries) AS rows_sent, MAX(w.rows_there) AS rows_there, MAX(n.newest_at) AS newest_at
  FROM {{ source('clari', 'clari_forecast_time_frames') }} t
  JOIN landed x ON x.job_id = t.job_id AND x.forecast_key = t.forecast_key
  LEFT JOIN week_rows w ON w.forecast_key = t.forecast_key AND w.time_frame_id = t.time_frame_id AND w.job_id = t.job_id
  LEFT JOIN (
    SELECT a.forecast_key, a.time_frame_id, MAX(a.exported_at) AS newest_at FROM week_rows a GROUP BY a.forecast_key, a.time_frame_id
  ) n ON n.forecast_key = t.forecast_key AND n.time_frame_id = t.time_frame_id
  GROUP BY
    x.forecast_key, x.forecast_id, x.scope_id, x.requested_currency, x.requested_period, x.job_id, x.exported_at, t.time_frame_id, t.start_date
  UNION ALL
  SELECT
    x.forecast_key, x.forecast_id, x.scope_id, x.requested_currency, x.requested_period, x.job_id, x.exported_at, k.table_name,
    NULL, NULL,
    CASE k.table_name WHEN 'clari_forecast_users' THEN x.users WHEN 'clari_forecast_fields' THEN x.fields WHEN 'clari_forecast_time_periods' THEN x.time_periods WHEN 'clari_forecast_time_frames' THEN x.time_frames END,
    w.rows_there, n.newest_at
  FROM landed x
  CROSS JOIN (
    SELECT 'clari_forecast_users' AS table_name UNION ALL SELECT 'clari_forecast_fields' AS table_name UNION ALL SELECT 'clari_forecast_time_periods' AS table_name UNION ALL SELECT 'clari_forecast_time_frames' AS table_name
  ) k
  LEFT JOIN (
    SELECT a.table_name, a.forecast_key, MAX(a.exported_at) AS newest_at FROM table_rows a GROUP BY a.table_name, a.forecast_key
  ) n ON n.table_name = k.table_name AND n.forecast_key = x.forecast_key
  LEFT JOIN table_rows w ON w.table_name = k.table_name AND w.forecast_key = x.forecast_key AND w.job_id = x.job_id
  WHERE x.place < 2
)
SELECT
  s.forecast_key, s.forecast_id, s.scope_id, s.requested_currency, s.requested_period, s.job_id, s.exported_at, s.table_name, s.time_frame_id,
  s.week_start_date, s.rows_sent, COALESCE(s.rows_there, 0) AS rows_there, s.rows_sent - COALESCE(s.rows_there, 0) AS rows_missing,
  CASE WHEN s.rows_sent > COALESCE(s.rows_there, 0) THEN 'reload' END AS cure
FROM sent s
WHERE s.rows_sent > 0 AND (s.rows_sent <= COALESCE(s.rows_there, 0) OR s.newest_at IS NULL OR s.newest_at <= s.exported_at)
