-- How much of the quota does each person call, and how much of it is closed?
-- Pair the labels of your fields on top. Call, quota and closed are each those of the newest week that has one: what is closed goes on growing
-- after the last call. A quota repeats in every week, and is taken once. The call is the manager's override where there is one.
-- closed_attainment needs the type crm_closed. A manager's row holds the whole team.
WITH pairs AS (
  SELECT 'Commit' AS call_field, 'Quota' AS quota_field
),
newest AS (
  SELECT c.*, COALESCE(c.adjustment_value, c.forecast_value) AS effective_value,
    ROW_NUMBER() OVER (PARTITION BY c.forecast_key, c.time_period_id, c.user_id, c.field_id
      ORDER BY CASE WHEN COALESCE(c.adjustment_value, c.forecast_value) IS NULL THEN 1 ELSE 0 END, c.week_start_date DESC) AS call_number,
    ROW_NUMBER() OVER (PARTITION BY c.forecast_key, c.time_period_id, c.user_id, c.field_id
      ORDER BY CASE WHEN c.quota_value IS NULL THEN 1 ELSE 0 END, c.week_start_date DESC) AS quota_number,
    ROW_NUMBER() OVER (PARTITION BY c.forecast_key, c.time_period_id, c.user_id, c.field_id
      ORDER BY CASE WHEN c.crm_closed IS NULL THEN 1 ELSE 0 END, c.week_start_date DESC) AS closed_number
  FROM clari_forecast_current c
),
paired AS (
  SELECT
    n.forecast_key, n.forecast_id, n.scope_id, n.requested_currency, n.requested_period, n.time_period_id, n.user_id,
    MAX(n.user_name) AS user_name, MIN(n.hierarchy_level) AS hierarchy_level, MAX(n.currency_code) AS currency_code, p.call_field,
    MAX(CASE WHEN n.field_name = p.call_field AND n.call_number = 1 THEN n.effective_value END) AS effective_value,
    MAX(CASE WHEN n.field_name = p.quota_field AND n.quota_number = 1 THEN n.quota_value END) AS quota_value,
    MAX(CASE WHEN n.field_name = p.call_field AND n.closed_number = 1 THEN n.crm_closed END) AS crm_closed
  FROM newest n
  JOIN pairs p ON n.field_name IN (p.call_field, p.quota_field)
  GROUP BY n.forecast_key, n.forecast_id, n.scope_id, n.requested_currency, n.requested_period, n.time_period_id, n.user_id, p.call_field, p.quota_field
)
SELECT paired.*, effective_value / NULLIF(quota_value, 0) AS call_attainment, crm_closed / NULLIF(quota_value, 0) AS closed_attainment
FROM paired
WHERE effective_value IS NOT NULL OR quota_value IS NOT NULL OR crm_closed IS NOT NULL
ORDER BY forecast_key, time_period_id, hierarchy_level, user_name, user_id, call_field;
