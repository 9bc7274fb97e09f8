-- How much open pipeline is there for each unit of quota that is still to close?
-- By person; a manager's row is the team's. From the newest week that has the CRM's total. coverage is null where the quota is reached, or not paired.
-- Needs the types crm_total and crm_closed. People who have left close nothing more, and are left out.
WITH newest AS (
  SELECT p.*, ROW_NUMBER() OVER (PARTITION BY p.forecast_key, p.time_period_id, p.user_id, p.field_id ORDER BY p.week_start_date DESC) AS week_back
  FROM clari_person_week p
  WHERE p.crm_total IS NOT NULL AND p.in_latest_export
)
SELECT
  n.forecast_key, n.forecast_id, n.scope_id, n.requested_currency, n.requested_period, n.time_period_id, n.user_id, n.user_name, n.hierarchy_level,
  n.has_reports, n.current_manager, n.current_manager_name, n.field_id, n.field_name, n.week_start_date, n.currency_code, n.quota_value, n.unpaired_quota, n.crm_closed,
  n.crm_total - n.crm_closed AS open_pipeline, n.quota_value - n.crm_closed AS to_go,
  CASE WHEN n.quota_value > n.crm_closed THEN (n.crm_total - n.crm_closed) / (n.quota_value - n.crm_closed) END AS coverage
FROM newest n
WHERE n.week_back = 1
ORDER BY n.forecast_key, n.time_period_id, n.hierarchy_level, n.user_name, n.user_id, n.field_name;
