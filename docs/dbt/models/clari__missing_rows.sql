-- Made by make gen from docs/queries/missing_rows.sql, where its comment is.
SELECT
  c.forecast_key, c.forecast_id, c.requested_period, c.cure, c.table_name, c.job_id, c.exported_at, SUM(c.rows_sent) AS rows_sent,
  SUM(c.rows_there) AS rows_there, SUM(c.rows_missing) AS rows_missing
FROM {{ ref('clari__completeness') }} c
WHERE c.rows_missing > 0
GROUP BY c.forecast_key, c.forecast_id, c.requested_period, c.cure, c.table_name, c.job_id, c.exported_at
ORDER BY c.forecast_key, c.table_name, c.job_id
