-- Are we ahead of or behind the same point of the last quarters?
-- Closed and call beside their means at as many weeks to the end, in up to four quarters before that are over (quarters says in how many). run_rate is
-- what the quarter comes to if it closes as those did: closed, divided by the share of the final amount that they had closed by then.
WITH numbered AS (
  SELECT p.*, p.fiscal_year * 4 + p.fiscal_quarter AS quarter_number, ROW_NUMBER() OVER (
    PARTITION BY p.forecast_key, p.user_id, p.field_id, p.weeks_to_end ORDER BY p.week_start_date DESC) AS copy_number
  FROM clari_person_week p
  WHERE p.time_period_type = 'quarter'
)
SELECT
  a.forecast_key, a.forecast_id, a.scope_id, a.requested_currency, a.requested_period, a.user_id, a.user_name,
  a.hierarchy_level, a.field_id, a.field_name, a.weeks_to_end, MAX(a.week_start_date) AS week_start_date, MAX(a.currency_code) AS currency_code,
  MAX(a.effective_value) AS effective_value, MAX(a.crm_closed) AS crm_closed, COUNT(*) AS quarters, AVG(b.effective_value) AS call_before,
  AVG(b.crm_closed) AS closed_before, AVG(b.crm_closed / NULLIF(b.newest_closed, 0)) AS share_before,
  MAX(a.crm_closed) / NULLIF(AVG(b.crm_closed / NULLIF(b.newest_closed, 0)), 0) AS run_rate
FROM numbered a
JOIN numbered b
  ON b.forecast_id = a.forecast_id AND b.scope_id = a.scope_id AND b.requested_currency = a.requested_currency AND b.user_id = a.user_id
 AND b.field_id = a.field_id AND b.weeks_to_end = a.weeks_to_end AND b.quarter_number BETWEEN a.quarter_number - 4 AND a.quarter_number - 1
WHERE a.copy_number = 1 AND b.copy_number = 1 AND b.is_over
GROUP BY a.forecast_key, a.forecast_id, a.scope_id, a.requested_currency, a.requested_period, a.user_id, a.user_name,
  a.hierarchy_level, a.field_name, a.field_id, a.weeks_to_end
ORDER BY a.forecast_key, a.hierarchy_level, a.user_name, a.user_id, a.field_name, a.weeks_to_end DESC;
