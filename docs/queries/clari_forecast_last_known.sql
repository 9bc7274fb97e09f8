-- What was last known of each person, field and week, also of people who have left since?
-- For each person the newest export that has them in that field and week: clari_forecast_current, and beside it (in_latest_export is false)
-- those who are gone. Whoever only changed roles is not counted twice. Rows that were deleted from the table are not here.
CREATE VIEW clari_forecast_last_known AS
SELECT
  k._cq_id, k.forecast_id, k.scope_id, k.requested_currency, k.requested_period, k.forecast_key, k.job_id, k.exported_at,
  k.snapshot_date, k.time_period_id, k.time_frame_id, k.user_id, k.field_id, k.week_start_date, k.week_end_date,
  k.week_number, k.weeks_to_end, k.time_period_type, k.time_period_start_date, k.time_period_end_date, k.fiscal_year,
  k.fiscal_quarter, k.user_name, k.email, k.role, k.person_id, k.clari_user_id, k.crm_user_id, k.user_type,
  k.hierarchy_level, k.has_reports, k.manager_user_id, k.manager_name, k.field_name, k.field_type, k.forecast_value,
  k.quota_value, k.adjustment_value, k.crm_total, k.crm_closed, k.currency_code, k.currency_symbol, k.is_updated,
  k.updated_by, k.updated_at, k.adjusted_by, k.adjusted_at, k.extra,
  k.is_present AND k.week_place = 1 AS in_latest_export
FROM (
  SELECT
    r.*,
    x.all_weeks_at IS NULL OR x.landed_at >= x.all_weeks_at AS is_present,
    RANK() OVER (PARTITION BY r.forecast_key, r.time_frame_id ORDER BY x.landed_at DESC, r.job_id DESC) AS week_place,
    RANK() OVER (
      PARTITION BY r.forecast_key, r.time_period_id, r.time_frame_id, r.person_id, COALESCE(r.field_name, r.field_id)
      ORDER BY x.landed_at DESC, r.job_id DESC
    ) AS person_place,
    ROW_NUMBER() OVER (
      PARTITION BY r.forecast_key, r.time_period_id, r.time_frame_id, r.user_id, r.field_id
      ORDER BY x.landed_at DESC, r.job_id DESC
    ) AS place
  FROM clari_forecast_entries r
  JOIN (
    SELECT job_id, MAX(exported_at) AS landed_at,
      MAX(MAX(CASE WHEN include_historical THEN exported_at END)) OVER (PARTITION BY forecast_key) AS all_weeks_at
    FROM clari_forecast_exports WHERE outcome IN ('exported', 'adopted') GROUP BY forecast_key, job_id
  ) x ON x.job_id = r.job_id
) k
WHERE k.place < 2 AND k.person_place < 2;
