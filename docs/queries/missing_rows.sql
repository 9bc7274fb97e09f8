-- Which rows did the destination lose, and what brings them back?
-- Alert on any row. Name requested_period in reload for one sync: while Clari keeps the result, for 30 days, that costs nothing. If rows are
-- still missing after that, the destination's log says why it drops them, and docs/destinations.md which version and settings it needs.
SELECT
  c.forecast_key, c.forecast_id, c.requested_period, c.cure, c.table_name, c.job_id, c.exported_at, SUM(c.rows_sent) AS rows_sent,
  SUM(c.rows_there) AS rows_there, SUM(c.rows_missing) AS rows_missing
FROM clari_completeness c
WHERE c.rows_missing > 0
GROUP BY c.forecast_key, c.forecast_id, c.requested_period, c.cure, c.table_name, c.job_id, c.exported_at
ORDER BY c.forecast_key, c.table_name, c.job_id;
