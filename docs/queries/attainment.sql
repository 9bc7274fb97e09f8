-- How much of the quota does each person call, and how much of it is closed?
-- Pair the labels of your fields on top. Call and quota are those of the newest week that has one: a quota repeats in every week, and is
-- taken once. closed_attainment needs the type crm_closed. A manager's row holds the whole team.
WITH pairs AS (
  SELECT 'Commit' AS call_field, 'Quota' AS quota_field
),
newest AS (
  SELECT c.*, ROW_NUMBER() OVER (PARTITION BY c.forecast_key, c.time_period_id, c.user_id, c.field_id ORDER BY c.week_start_date DESC) AS place
  FROM clari_forecast_current c
  WHERE c.forecast_value IS NOT NULL OR c.quota_value IS NOT NULL
),
paired AS (
  SELECT
    n.forecast_key, n.time_period_id, n.user_id, MAX(n.user_name) AS user_name, MIN(n.hierarchy_level) AS hierarchy_level, p.call_field,
    MAX(CASE WHEN n.field_name = p.call_field THEN n.forecast_value END) AS forecast_value,
    MAX(CASE WHEN n.field_name = p.quota_field THEN n.quota_value END) AS quota_value,
    MAX(CASE WHEN n.field_name = p.call_field THEN n.crm_closed END) AS crm_closed
  FROM newest n
  JOIN pairs p ON n.field_name IN (p.call_field, p.quota_field)
  WHERE n.place < 2
  GROUP BY n.forecast_key, n.time_period_id, n.user_id, p.call_field, p.quota_field
)
SELECT paired.*, forecast_value / NULLIF(quota_value, 0) AS call_attainment, crm_closed / NULLIF(quota_value, 0) AS closed_attainment
FROM paired
ORDER BY forecast_key, time_period_id, hierarchy_level, user_name, user_id, call_field;
