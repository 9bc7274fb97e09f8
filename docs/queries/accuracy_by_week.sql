-- Do calls get better towards the end of the quarter?
-- The mean error by weeks to the end, which compares quarters of 13 and of 14 weeks. A positive mean_error is a call that was too high. By field and
-- level of the hierarchy, since a manager's call holds those below. Only quarters that are over, against crm_closed: without that type there are no rows.
SELECT
  p.forecast_id, p.scope_id, p.requested_currency, p.field_id, p.field_name, p.hierarchy_level, p.weeks_to_end, COUNT(*) AS calls,
  COUNT(DISTINCT p.requested_period) AS quarters, AVG((p.effective_value - p.newest_closed) / NULLIF(ABS(p.newest_closed), 0)) AS mean_error,
  AVG(ABS(p.effective_value - p.newest_closed) / NULLIF(ABS(p.newest_closed), 0)) AS mean_absolute_error
FROM clari_person_week p
WHERE p.is_over AND p.time_period_type = 'quarter' AND p.effective_value IS NOT NULL AND p.newest_closed IS NOT NULL
GROUP BY p.forecast_id, p.scope_id, p.requested_currency, p.field_id, p.field_name, p.hierarchy_level, p.weeks_to_end
ORDER BY p.forecast_id, p.scope_id, p.requested_currency, p.field_name, p.hierarchy_level, p.weeks_to_end DESC;
