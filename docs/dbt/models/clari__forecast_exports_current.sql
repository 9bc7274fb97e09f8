-- Made by make gen from docs/queries/clari_forecast_exports_current.sql, where its comment is.
WITH landed AS (
  SELECT j.*, MAX(CASE WHEN j.age = 1 THEN j.family END) OVER (PARTITION BY j.forecast_key) AS newest_family
  FROM (
    SELECT
      forecast_key, job_id, MAX(exported_at) AS exported_at, MAX(CASE WHEN include_historical THEN 1 ELSE 0 END) AS all_weeks,
      MIN(first_week_start) AS first_week_start, MAX(last_week_start) AS last_week_start,
      MAX(CASE WHEN result_shape = 'arrays' THEN 'arrays' ELSE 'flat' END) AS family,
      ROW_NUMBER() OVER (PARTITION BY forecast_key ORDER BY MAX(exported_at) DESC, MAX(_cq_sync_time) DESC, job_id DESC) AS age
    FROM {{ source('clari', 'clari_forecast_exports') }}
    WHERE outcome IN ('exported', 'adopted', 'landed_again')
    GROUP BY forecast_key, job_id
  ) j
)
SELECT
  k._cq_id, k.forecast_id, k.scope_id, k.requested_currency, k.requested_period, k.forecast_key, k.job_id, k.exported_at,
  k.snapshot_date, k.export_id, k.outcome, k.jobs_created, k.why, k.first_week_start, k.last_week_start, k.values_unread,
  k.labels_unknown, k.next_try, k.types, k.include_historical, k.export_format, k.status, k.attempts, k.polls,
  k.requested_at, k.started_at, k.ended_at, k.expires_at, k.result_shape, k.result_bytes, k.entries, k.users, k.fields,
  k.time_periods, k.time_frames, k.rows_truncated, k.cells_truncated, k.file_name, k.error
FROM (
  SELECT
    r.*, l.age,
    MIN(CASE WHEN l.all_weeks = 1 THEN l.age END) OVER (PARTITION BY r.forecast_key) AS floor_age,
    ROW_NUMBER() OVER (PARTITION BY r.forecast_key, r.job_id ORDER BY r._cq_sync_time DESC, r._cq_id DESC) AS copy_number
  FROM {{ source('clari', 'clari_forecast_exports') }} r
  JOIN landed l ON l.forecast_key = r.forecast_key AND l.job_id = r.job_id AND l.family = l.newest_family
  WHERE r.outcome IN ('exported', 'adopted', 'landed_again')
) k
WHERE k.copy_number = 1 AND (k.floor_age IS NULL OR k.age <= k.floor_age)
