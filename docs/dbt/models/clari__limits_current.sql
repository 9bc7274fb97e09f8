-- Made by make gen from docs/queries/clari_limits_current.sql, where its comment is.
SELECT
  k._cq_id, k.observed_at, k.concurrent_limit, k.monthly_quota, k.available_concurrent_limit, k.available_monthly_quota,
  k.running_job_ids, k.submitted_job_ids, k.extra
FROM (
  SELECT r.*, ROW_NUMBER() OVER (PARTITION BY r.observed_at ORDER BY r._cq_sync_time DESC, r._cq_id DESC) AS copy_number
  FROM {{ source('clari', 'clari_limits') }} r
) k
WHERE k.copy_number = 1
