-- How much of the quota does each person call, and how much of it is closed?
-- Call, quota and closed are each those of the newest week that has one: what is closed goes on growing after the last call. A quota repeats in every
-- week, and is taken once. The call is the manager's override where there is one. closed_attainment needs the type crm_closed. unpaired_quota: see
-- clari_quota_pairs. A manager's row holds the whole team.
WITH people AS (
  SELECT p.*, ROW_NUMBER() OVER (PARTITION BY p.forecast_key, p.time_period_id, p.user_id, p.field_id
    ORDER BY CASE WHEN p.quota_value IS NULL THEN 1 ELSE 0 END, p.week_start_date DESC) AS quota_number
  FROM clari_person_week p
)
SELECT
  p.forecast_key, p.forecast_id, p.scope_id, p.requested_currency, p.requested_period, p.time_period_id, p.user_id, p.user_name, p.hierarchy_level,
  p.in_latest_export, p.field_id, p.field_name AS call_field, p.currency_code, p.newest_call AS effective_value, p.quota_field, p.quota_value, p.unpaired_quota,
  p.newest_closed AS crm_closed, p.newest_call / NULLIF(p.quota_value, 0) AS call_attainment, p.newest_closed / NULLIF(p.quota_value, 0) AS closed_attainment
FROM people p
WHERE p.quota_number = 1 AND (p.newest_call IS NOT NULL OR p.quota_value IS NOT NULL OR p.newest_closed IS NOT NULL)
ORDER BY p.forecast_key, p.time_period_id, p.hierarchy_level, p.user_name, p.user_id, p.field_name;
