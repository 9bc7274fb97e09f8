-- What does the newest export say in clari_forecast_time_frames?
-- One row for each key, right in every write mode, with and without history: join it to the other current views on forecast_key and
-- the key. All that clari_forecast_current has is in it.
CREATE VIEW clari_forecast_time_frames_current AS
SELECT
  k._cq_id, k.forecast_id, k.scope_id, k.requested_currency, k.requested_period, k.forecast_key, k.job_id, k.exported_at,
  k.snapshot_date, k.time_frame_id, k.start_date, k.end_date, k.number, k.weeks_to_end, k.entries, k.week, k.extra
FROM (
  SELECT r.*, ROW_NUMBER() OVER (PARTITION BY r.forecast_key, r.time_frame_id ORDER BY x.exported_at DESC, x.job_id DESC) AS place
  FROM clari_forecast_time_frames r
  JOIN clari_forecast_exports_current x ON x.job_id = r.job_id
) k
WHERE k.place < 2;
