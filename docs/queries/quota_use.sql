-- What is spent of the export quota a day, by tab and by activities, and how long does what is left last?
-- Leave out the lines between the marks if the spec has no activities. available_monthly_quota is what Clari last said in clari_limits, less
-- the exports after it: a sync asks before its first export. days_left is at the pace of the last seven days on which there were exports. It is
-- null where the quota never ends at that pace: an export comes back after 30 days. The day is CURRENT_DATE + CAST(days_left AS INTEGER) in
-- PostgreSQL and Snowflake, DATE_ADD(CURRENT_DATE(), INTERVAL CAST(days_left AS INT64) DAY) in BigQuery, DATE('now', days_left || ' days') in
-- SQLite.
WITH planned AS (
  SELECT 'forecast' AS export_kind, forecast_id, COALESCE(job_id, export_id) AS job, requested_at, job_id, attempts
  FROM clari_forecast_exports WHERE outcome NOT IN ('settled', 'kept')
  -- activities
  UNION ALL
  SELECT 'activity' AS export_kind, '' AS forecast_id, COALESCE(job_id, export_id) AS job, requested_at, job_id, attempts
  FROM clari_activity_exports WHERE outcome NOT IN ('settled', 'kept')
  -- end of activities
),
jobs AS ( -- a job that a later sync adopted has a row of that sync alone if the first one was killed
  SELECT
    export_kind, forecast_id, job, MIN(requested_at) AS requested_at, MAX(CASE WHEN attempts > 1 OR job_id IS NULL THEN attempts ELSE 1 END) AS jobs
  FROM planned GROUP BY export_kind, forecast_id, job
),
spent AS (
  SELECT DATE(requested_at) AS export_day, export_kind, forecast_id, SUM(jobs) AS exports
  FROM jobs WHERE jobs > 0
  GROUP BY DATE(requested_at), export_kind, forecast_id
),
ranked AS (
  SELECT export_day, exports, DENSE_RANK() OVER (ORDER BY export_day DESC) AS days_back FROM spent
),
pace AS (
  SELECT SUM(exports) * 1.0 / COUNT(DISTINCT export_day) AS a_day FROM ranked WHERE days_back <= 7
),
newest AS (
  SELECT observed_at, monthly_quota, available_monthly_quota, ROW_NUMBER() OVER (ORDER BY observed_at DESC) AS copy_number FROM clari_limits
),
quota AS (
  SELECT
    MAX(n.monthly_quota) AS monthly_quota,
    MAX(n.available_monthly_quota) - COALESCE(SUM(CASE WHEN j.requested_at > n.observed_at THEN j.jobs END), 0) AS available_monthly_quota
  FROM newest n
  CROSS JOIN jobs j
  WHERE n.copy_number = 1
)
SELECT
  s.export_day, s.export_kind, s.forecast_id, s.exports, p.a_day AS exports_a_day, q.monthly_quota, q.available_monthly_quota,
  CASE WHEN p.a_day * 30 > q.monthly_quota THEN q.available_monthly_quota / p.a_day END AS days_left
FROM spent s
CROSS JOIN pace p
CROSS JOIN quota q
ORDER BY s.export_day DESC, s.export_kind, s.forecast_id;
