-- Made by make gen from docs/queries/accuracy_by_week.sql, where its comment is.
SELECT
  p.forecast_id, p.scope_id, p.requested_currency, p.field_id, p.field_name, p.hierarchy_level, p.weeks_to_end, COUNT(*) AS calls,
  COUNT(DISTINCT p.requested_period) AS quarters, AVG((p.effective_value - p.newest_closed) / NULLIF(ABS(p.newest_closed), 0)) AS mean_error,
  AVG(ABS(p.effective_value - p.newest_closed) / NULLIF(ABS(p.newest_closed), 0)) AS mean_absolute_error
FROM {{ ref('clari__person_week') }} p
WHERE p.is_over AND p.time_period_type = 'quarter' AND p.effective_value IS NOT NULL AND p.newest_closed IS NOT NULL
GROUP BY p.forecast_id, p.scope_id, p.requested_currency, p.field_id, p.field_name, p.hierarchy_level, p.weeks_to_end
ORDER BY p.forecast_id, p.scope_id, p.requested_currency, p.field_name, p.hierarchy_level, p.weeks_to_end DESC
