-- Made by make gen from docs/queries/clari_forecast_last_known.sql, where its comment is.
WITH landed AS (
  SELECT j.*, MAX(CASE WHEN j.age = 1 THEN j.family END) OVER (PARTITION BY j.forecast_key) AS newest_family
  FROM (
    SELECT
      forecast_key, job_id, MAX(exported_at) AS exported_at, MAX(CASE WHEN include_historical THEN 1 ELSE 0 END) AS all_weeks,
      MIN(first_week_start) AS first_week_start, MAX(last_week_start) AS last_week_start,
      MAX(CASE WHEN result_shape = 'arrays' THEN 'arrays' ELSE 'flat' END) AS family,
      ROW_NUMBER() OVER (PARTITION BY forecast_key ORDER BY MAX(exported_at) DESC, MAX(_cq_sync_time) DESC, job_id DESC) AS age
    FROM {{ source('clari', 'clari_forecast_exports') }}
    WHERE outcome IN ('exported', 'adopted', 'landed_again') AND entries IS NOT NULL
    GROUP BY forecast_key, job_id
  ) j
),
floors AS (
  SELECT w.forecast_key, w.time_frame_id, MIN(l.age) AS age, MAX(l.exported_at) AS exported_at
  FROM (
    SELECT forecast_key, time_frame_id, MIN(week_start_date) AS week_start FROM {{ source('clari', 'clari_forecast_entries') }} GROUP BY forecast_key, time_frame_id
  ) w
  JOIN landed l
    ON l.forecast_key = w.forecast_key AND l.family = l.newest_family
   AND (l.all_weeks = 1 OR w.week_start BETWEEN l.first_week_start AND l.last_week_start)
  GROUP BY w.forecast_key, w.time_frame_id
),
known AS (
  SELECT
    r.*,
    CASE WHEN f.age IS NULL OR l.age <= f.age OR (l.age IS NULL AND r.exported_at >= f.exported_at) THEN 1 ELSE 0 END AS at_floor,
    COALESCE(l.age, 0) AS export_age,
    ROW_NUMBER() OVER (
      PARTITION BY r.forecast_key, r.time_period_id, r.time_frame_id, r.user_id, r.field_id
      ORDER BY
        CASE WHEN f.age IS NULL OR l.age <= f.age OR (l.age IS NULL AND r.exported_at >= f.exported_at) THEN 0 ELSE 1 END, CASE WHEN l.age IS NULL THEN 1 ELSE 0 END, l.age, r.exported_at DESC, r._cq_sync_time DESC, r.job_id DESC
    ) AS copy_number
  FROM {{ source('clari', 'clari_forecast_entries') }} r
  LEFT JOIN landed n ON n.forecast_key = r.forecast_key AND n.age = 1
  LEFT JOIN landed l ON l.forecast_key = r.forecast_key AND l.job_id = r.job_id
  LEFT JOIN floors f ON f.forecast_key = r.forecast_key AND f.time_frame_id = r.time_frame_id
  WHERE n.family IS NULL OR n.family = COALESCE(l.family, CASE WHEN r.clari_user_id IS NULL THEN 'flat' ELSE 'arrays' END)
)
SELECT
  k._cq_id, k.forecast_id, k.scope_id, k.requested_currency, k.requested_period, k.forecast_key, k.job_id, k.exported_at,
  k.snapshot_date, k.time_period_id, k.time_frame_id, k.user_id, k.field_id, k.week_start_date, k.week_end_date,
  k.week_number, k.weeks_to_end, k.time_period_type, k.time_period_start_date, k.time_period_end_date, k.fiscal_year,
  k.fiscal_quarter, k.user_name, k.email, k.role, k.person_id, k.clari_user_id, k.crm_user_id, k.user_type,
  k.hierarchy_level, k.has_reports, k.manager_user_id, k.manager_name, k.field_name, k.field_type, k.forecast_value,
  k.quota_value, k.adjustment_value, k.crm_total, k.crm_closed, k.currency_code, k.currency_symbol, k.is_updated,
  k.updated_by, k.updated_at, k.adjusted_by, k.adjusted_at, k.extra,
  k.at_floor = 1 AS in_latest_export
FROM (
  SELECT
    d.*,
    MAX(d.at_floor) OVER (PARTITION BY d.forecast_key, d.time_period_id, d.time_frame_id, d.person_id, COALESCE(d.field_name, d.field_id)) AS person_at_floor,
    RANK() OVER (
      PARTITION BY d.forecast_key, d.time_period_id, d.time_frame_id, d.person_id, COALESCE(d.field_name, d.field_id)
      ORDER BY d.exported_at DESC, d.export_age, d.job_id DESC
    ) AS export_number
  FROM known d
  WHERE d.copy_number = 1
) k
WHERE k.at_floor = 1 OR (k.person_at_floor = 0 AND k.export_number = 1)
