-- Where did a manager override a call, and by how much?
-- Only adjusted calls are listed. Whatever sums calls as managers see them, takes COALESCE(adjustment_value, forecast_value).
-- adjusted_by and adjusted_at are not in exports of rows with labels.
SELECT
  c.forecast_key, c.time_period_id, c.user_id, c.user_name, c.hierarchy_level, c.manager_name, c.field_name, c.week_start_date, c.currency_code,
  c.forecast_value AS submitted,
  c.adjustment_value AS adjusted,
  c.adjustment_value - c.forecast_value AS difference,
  c.adjusted_by,
  c.adjusted_at
FROM clari_forecast_current c
WHERE c.adjustment_value IS NOT NULL
ORDER BY c.forecast_key, c.user_name, c.user_id, c.field_name, c.time_period_id, c.week_start_date;
