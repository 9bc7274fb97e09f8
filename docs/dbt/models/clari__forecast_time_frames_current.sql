-- Made by make gen from docs/queries/clari_forecast_time_frames_current.sql, where its comment is.
WITH landed AS (
  SELECT j.*, MAX(CASE WHEN j.age = 1 THEN j.family END) OVER (PARTITION BY j.forecast_key) AS newest_family
  FROM (
    SELECT
      forecast_key, job_id, MAX(exported_at) AS exported_at, MAX(CASE WHEN include_historical THEN 1 ELSE 0 END) AS all_weeks,
      MIN(first_week_start) AS first_week_start, MAX(last_week_start) AS last_week_start,
      MAX(CASE WHEN result_shape = 'arrays' THEN 'arrays' ELSE 'flat' END) AS family,
      ROW_NUMBER() OVER (PARTITION BY forecast_key ORDER BY MAX(exported_at) DESC, MAX(_cq_sync_time) DESC, job_id DESC) AS age
    FROM {{ source('clari', 'clari_forecast_exports') }}
    WHERE outcome IN ('exported', 'adopted', 'landed_again') AND time_frames IS NOT NULL
    GROUP BY forecast_key, job_id
  ) j
),
floors AS (
  SELECT w.forecast_key, w.time_frame_id, MIN(l.age) AS age, MAX(l.exported_at) AS exported_at
  FROM (
    SELECT forecast_key, time_frame_id, MIN(start_date) AS week_start FROM {{ source('clari', 'clari_forecast_time_frames') }} GROUP BY forecast_key, time_frame_id
  ) w
  JOIN landed l
    ON l.forecast_key = w.forecast_key AND l.family = l.newest_family
   AND (l.all_weeks = 1 OR w.week_start BETWEEN l.first_week_start AND l.last_week_start)
  GROUP BY w.forecast_key, w.time_frame_id
)
SELECT
  k._cq_id, k.forecast_id, k.scope_id, k.requested_currency, k.requested_period, k.forecast_key, k.job_id, k.exported_at,
  k.snapshot_date, k.time_frame_id, k.start_date, k.end_date, k.number, k.weeks_to_end, k.entries, k.week, k.extra
FROM (
  SELECT r.*, ROW_NUMBER() OVER (PARTITION BY r.forecast_key, r.time_frame_id ORDER BY CASE WHEN l.age IS NULL THEN 1 ELSE 0 END, l.age, r.exported_at DESC, r._cq_sync_time DESC, r.job_id DESC) AS copy_number
  FROM {{ source('clari', 'clari_forecast_time_frames') }} r
  LEFT JOIN landed n ON n.forecast_key = r.forecast_key AND n.age = 1
  LEFT JOIN landed l ON l.forecast_key = r.forecast_key AND l.job_id = r.job_id
  LEFT JOIN floors f ON f.forecast_key = r.forecast_key AND f.time_frame_id = r.time_frame_id
  WHERE (n.family IS NULL OR l.family IS NULL OR n.family = l.family)
    AND (f.age IS NULL OR l.age <= f.age OR (l.age IS NULL AND r.exported_at >= f.exported_at))
) k
WHERE k.copy_number = 1
