-- Which exports are the present state?
-- For each tab, scope, currency and quarter the newest one of all weeks, and those of the latest week alone that came after it. The other
-- current views read this one: the table clari_forecast_exports has to be among the selected ones.
CREATE VIEW clari_forecast_exports_current AS
SELECT
  k._cq_id, k.forecast_id, k.scope_id, k.requested_currency, k.requested_period, k.forecast_key, k.job_id, k.exported_at,
  k.snapshot_date, k.export_id, k.outcome, k.jobs_created, k.why, k.first_week_start, k.last_week_start, k.values_unread,
  k.labels_unknown, k.next_try, k.types, k.include_historical, k.export_format, k.status, k.attempts, k.polls,
  k.requested_at, k.started_at, k.ended_at, k.expires_at, k.result_shape, k.result_bytes, k.entries, k.users, k.fields,
  k.time_periods, k.time_frames, k.rows_truncated, k.cells_truncated, k.file_name, k.error
FROM (
  SELECT
    r.*,
    MAX(CASE WHEN r.include_historical THEN r.exported_at END) OVER (PARTITION BY r.forecast_key) AS all_weeks_at,
    ROW_NUMBER() OVER (PARTITION BY r.forecast_key, r.job_id ORDER BY r.exported_at DESC, r.attempts DESC) AS copy_number
  FROM clari_forecast_exports r
  WHERE r.outcome IN ('exported', 'adopted')
) k
WHERE k.copy_number < 2 AND (k.all_weeks_at IS NULL OR k.exported_at >= k.all_weeks_at);
