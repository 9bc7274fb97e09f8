-- How old the newest data of each tab and quarter is, and whether it fails: alert on failing.
-- failing ends with the next success: data that is newer than the last failure, or a quarter that has settled.
-- Where Clari was to choose the quarter and nobody knows which it would have been, requested_period is not a quarter: it is empty
-- for current, else as written in periods. Such a line has no data of its own, and ends with the next success of the tab.
WITH quarters AS (
  SELECT
    forecast_id,
    scope_id,
    requested_currency,
    requested_period,
    MAX(CASE WHEN outcome IN ('exported', 'adopted') THEN exported_at END) AS data_from,
    MAX(CASE WHEN outcome IN ('exported', 'adopted') THEN exported_at WHEN outcome = 'settled' THEN requested_at END) AS last_success,
    MAX(CASE WHEN outcome IN ('failed', 'left_out') THEN requested_at END) AS last_failure,
    SUM(CASE WHEN outcome IN ('failed', 'left_out') THEN 1 ELSE 0 END) AS failures,
    SUM(attempts) AS exports_spent
  FROM clari_forecast_exports
  GROUP BY forecast_id, scope_id, requested_currency, requested_period
),
tabs AS (
  SELECT forecast_id, scope_id, requested_currency, MAX(last_success) AS last_success
  FROM quarters
  GROUP BY forecast_id, scope_id, requested_currency
)
SELECT
  q.forecast_id,
  q.scope_id,
  q.requested_currency,
  q.requested_period,
  q.data_from,
  q.last_failure,
  COALESCE(
    q.last_failure > CASE
      WHEN q.requested_period IN ('', 'previous', 'next') OR q.requested_period LIKE '%current%' THEN t.last_success
      ELSE q.last_success
    END,
    q.last_failure IS NOT NULL
  ) AS failing,
  q.failures,
  q.exports_spent
FROM quarters q
JOIN tabs t ON t.forecast_id = q.forecast_id AND t.scope_id = q.scope_id AND t.requested_currency = q.requested_currency
ORDER BY q.forecast_id, q.scope_id, q.requested_currency, q.requested_period;
