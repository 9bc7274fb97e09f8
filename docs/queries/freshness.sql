-- How old the newest data of each tab and quarter is, and what the last try came to: the query to alert on.
SELECT
  forecast_id,
  scope_id,
  requested_currency,
  requested_period,
  MAX(CASE WHEN outcome IN ('exported', 'adopted') THEN exported_at END) AS data_from,
  MAX(CASE WHEN outcome IN ('failed', 'left_out') THEN requested_at END) AS last_failure,
  SUM(CASE WHEN outcome IN ('failed', 'left_out') THEN 1 ELSE 0 END) AS failures,
  SUM(attempts) AS exports_spent
FROM clari_forecast_exports
GROUP BY forecast_id, scope_id, requested_currency, requested_period
ORDER BY forecast_id, requested_period;
