-- What is the newest version of each row of clari_limits?
-- In append mode the table has a row for each sync that saw it; here it has one.
CREATE VIEW clari_limits_current AS
SELECT
  k._cq_id, k.observed_at, k.concurrent_limit, k.monthly_quota, k.available_concurrent_limit, k.available_monthly_quota,
  k.running_job_ids, k.submitted_job_ids, k.extra
FROM (
  SELECT r.*, ROW_NUMBER() OVER (PARTITION BY r.observed_at ORDER BY r._cq_sync_time DESC, r._cq_id DESC) AS copy_number
  FROM clari_limits r
) k
WHERE k.copy_number = 1;
