-- Made by make gen from docs/queries/accuracy.sql, where its comment is.
WITH calls AS (
  SELECT p.*, COALESCE(p.newest_closed, p.newest_call) AS outcome_value, p.effective_value - COALESCE(p.newest_closed, p.newest_call) AS error
  FROM {{ ref('clari__person_week') }} p
  WHERE p.is_over AND p.effective_value IS NOT NULL
)
SELECT
  c.forecast_key, c.forecast_id, c.scope_id, c.requested_currency, c.requested_period, c.time_period_id, c.user_id, c.user_name, c.hierarchy_level,
  c.in_latest_export, c.field_id, c.field_name, c.week_start_date, c.weeks_to_end, c.currency_code, c.effective_value, c.outcome_value,
  CASE WHEN c.newest_closed IS NULL THEN 'own last call' ELSE 'crm_closed' END AS measured_by, c.error,
  c.error / NULLIF(ABS(c.outcome_value), 0) AS relative_error,
  AVG(c.error) OVER (
    PARTITION BY c.forecast_id, c.scope_id, c.requested_currency, c.time_period_type, c.user_id, c.field_id, c.weeks_to_end) AS bias
FROM calls c
ORDER BY c.forecast_key, c.user_name, c.user_id, c.field_name, c.time_period_id, c.week_start_date
