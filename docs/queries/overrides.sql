-- Where do managers override their people, and are they right to?
-- One row for each call with an override. outcome_value is what a period that is over came to: the newest crm_closed, else the last call (measured_by).
-- The nearer of call and override was right. manager_bias is the mean error of all overrides by the same adjusted_by in that tab and currency; rows
-- with labels do not tell who it was, and then it is null.
WITH made AS (
  SELECT p.*, CASE WHEN p.is_over THEN COALESCE(p.newest_closed, p.newest_call) END AS outcome_value
  FROM clari_person_week p
  WHERE p.adjustment_value IS NOT NULL
)
SELECT
  m.forecast_key, m.forecast_id, m.scope_id, m.requested_currency, m.requested_period, m.time_period_id, m.user_id, m.user_name, m.hierarchy_level,
  m.manager_as_of, m.current_manager, m.field_id, m.field_name, m.week_start_date, m.weeks_to_end, m.currency_code, m.forecast_value AS submitted,
  m.adjustment_value AS adjusted, m.adjustment_value - m.forecast_value AS difference, m.adjusted_by, m.adjusted_at, m.outcome_value,
  CASE WHEN m.outcome_value IS NULL THEN NULL WHEN m.newest_closed IS NULL THEN 'own last call' ELSE 'crm_closed' END AS measured_by,
  ABS(m.adjustment_value - m.outcome_value) < ABS(m.forecast_value - m.outcome_value) AS override_was_nearer,
  CASE WHEN m.adjusted_by IS NOT NULL THEN AVG(m.adjustment_value - m.outcome_value) OVER (
    PARTITION BY m.forecast_id, m.scope_id, m.requested_currency, m.adjusted_by, m.currency_code) END AS manager_bias
FROM made m
ORDER BY m.forecast_key, m.user_name, m.user_id, m.field_name, m.time_period_id, m.week_start_date;
