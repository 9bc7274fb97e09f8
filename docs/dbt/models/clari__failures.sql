-- Made by make gen from docs/queries/failures.sql, where its comment is.
SELECT requested_at, forecast_key, requested_period, outcome, status, job_id, attempts, polls, error
FROM {{ source('clari', 'clari_forecast_exports') }}
WHERE outcome IN ('failed', 'left_out')
ORDER BY requested_at DESC, forecast_key
