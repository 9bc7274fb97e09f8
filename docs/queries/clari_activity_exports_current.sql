-- What is the newest version of each row of clari_activity_exports?
-- In append mode the table has a row for each sync that saw it; here it has one.
CREATE VIEW clari_activity_exports_current AS
SELECT
  k._cq_id, k.export_id, k.window_start, k.window_end, k.job_id, k.exported_at, k.outcome, k.jobs_created, k.why,
  k.values_unread, k.labels_unknown, k.next_try, k.types, k.status, k.attempts, k.polls, k.requested_at, k.started_at,
  k.ended_at, k.expires_at, k.result_bytes, k.activities, k.accounts, k.opportunities, k.participants, k.rows_truncated,
  k.cells_truncated, k.file_name, k.error
FROM (
  SELECT r.*, ROW_NUMBER() OVER (PARTITION BY r.export_id ORDER BY r._cq_sync_time DESC, r._cq_id DESC) AS copy_number
  FROM clari_activity_exports r
) k
WHERE k.copy_number = 1;
