-- Made by make gen from docs/queries/submitted_and_adjusted.sql, where its comment is.
SELECT
  c.forecast_key, c.time_period_id, c.user_id, c.user_name, c.hierarchy_level, c.manager_name, c.field_name, c.week_start_date, c.currency_code,
  c.forecast_value AS submitted,
  c.adjustment_value AS adjusted,
  c.adjustment_value - c.forecast_value AS difference,
  c.adjusted_by,
  c.adjusted_at
FROM {{ ref('clari_forecast_current') }} c
WHERE c.adjustment_value IS NOT NULL
ORDER BY c.forecast_key, c.user_name, c.user_id, c.field_name, c.time_period_id, c.week_start_date
