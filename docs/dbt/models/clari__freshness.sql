-- Made by make gen from docs/queries/freshness.sql, where its comment is.
WITH quarters AS (
  SELECT
    forecast_key, forecast_id, scope_id, requested_currency, requested_period,
    MAX(CASE WHEN outcome IN ('exported', 'adopted', 'landed_again') THEN exported_at END) AS data_from,
    MAX(CASE
      WHEN outcome IN ('exported', 'adopted') THEN exported_at WHEN outcome = 'landed_again' THEN _cq_sync_time
      WHEN outcome IN ('settled', 'kept') THEN requested_at
    END) AS last_success,
    MAX(CASE WHEN outcome IN ('failed', 'left_out') THEN requested_at END) AS last_failure
  FROM {{ source('clari', 'clari_forecast_exports') }}
  GROUP BY forecast_key, forecast_id, scope_id, requested_currency, requested_period
),
tabs AS (
  SELECT q.*, MAX(q.last_success) OVER (PARTITION BY q.forecast_id, q.scope_id, q.requested_currency) AS tab_success FROM quarters q
)
SELECT
  t.forecast_key, t.forecast_id, t.requested_period, t.data_from, t.last_success, t.last_failure,
  COALESCE(t.last_failure > CASE
    WHEN t.requested_period IN ('', 'previous', 'next') OR t.requested_period LIKE '%current%' THEN t.tab_success ELSE t.last_success
  END, t.last_failure IS NOT NULL) AS is_failing
FROM tabs t
ORDER BY t.forecast_key
