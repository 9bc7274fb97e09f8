-- Made by make gen from docs/queries/week_over_week.sql, where its comment is.
SELECT
  p.forecast_key, p.forecast_id, p.scope_id, p.requested_currency, p.requested_period, p.time_period_id, p.user_id, p.user_name, p.hierarchy_level,
  p.manager_as_of, p.current_manager, p.in_latest_export, p.field_id, p.field_name, p.week_start_date, p.weeks_to_end, p.currency_code, p.forecast_value,
  p.adjustment_value, p.effective_value, p.step
FROM {{ ref('clari__person_week') }} p
WHERE p.effective_value IS NOT NULL
ORDER BY p.forecast_key, p.hierarchy_level, p.user_name, p.user_id, p.field_name, p.time_period_id, p.week_start_date
