{{ config(enabled=var('clari_salesforce', false)) }}
-- Made by make gen from docs/queries/salesforce.sql, where its comment is.
SELECT
  c.forecast_key, c.time_period_id, c.time_frame_id, c.user_id, c.field_id, c.user_name, c.field_name, c.week_start_date, c.currency_code,
  c.forecast_value, c.quota_value, c.adjustment_value,
  s.id AS crm_user, s.is_active, r.id AS crm_role, r.name AS crm_role_name, q.id AS crm_period
FROM {{ ref('clari__forecast_current') }} c
LEFT JOIN {{ ref('clari__forecast_users_current') }} u ON u.forecast_key = c.forecast_key AND u.user_id = c.user_id
LEFT JOIN {{ ref('clari__forecast_time_periods_current') }} t ON t.forecast_key = c.forecast_key AND t.time_period_id = c.time_period_id
LEFT JOIN {{ source('salesforce', 'salesforce_user') }} s ON s.id = c.crm_user_id
LEFT JOIN {{ source('salesforce', 'salesforce_user_role') }} r ON r.id = u.hierarchy_id
LEFT JOIN {{ source('salesforce', 'salesforce_period') }} q ON q.id = t.crm_id
ORDER BY c.forecast_key, c.user_name, c.user_id, c.field_name, c.time_period_id, c.week_start_date
