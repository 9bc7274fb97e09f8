-- What is the newest version of each row of clari_export_jobs?
-- In append mode the table has a row for each sync that saw it; here it has one.
CREATE VIEW clari_export_jobs_current AS
SELECT
  k._cq_id, k.job_id, k.status, k.title, k.module, k.user_id, k.org_id, k.started_at, k.ended_at, k.expires_at, k.file_name,
  k.file_type, k.currency, k.version, k.viewed, k.rows_truncated, k.cells_truncated, k.downloads, k.delivery_status_map,
  k.extra
FROM (
  SELECT r.*, ROW_NUMBER() OVER (PARTITION BY r.job_id ORDER BY r._cq_sync_time DESC, r._cq_id DESC) AS copy_number
  FROM clari_export_jobs r
) k
WHERE k.copy_number = 1;
