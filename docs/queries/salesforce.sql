-- Which Salesforce user, role and period is each entry about?
-- salesforce_user, salesforce_user_role and salesforce_period stand for your tables of User, UserRole and Period. Exports of rows with labels
-- have no ids of roles and periods: there the columns of both are null. Where one side has ids of 15 characters, compare SUBSTR(id, 1, 15).
SELECT
  c.forecast_key, c.time_period_id, c.time_frame_id, c.user_id, c.field_id, c.user_name, c.field_name, c.week_start_date, c.currency_code,
  c.forecast_value, c.quota_value, c.adjustment_value,
  s.id AS crm_user, s.is_active, r.id AS crm_role, r.name AS crm_role_name, q.id AS crm_period
FROM clari_forecast_current c
LEFT JOIN clari_forecast_users_current u ON u.forecast_key = c.forecast_key AND u.user_id = c.user_id
LEFT JOIN clari_forecast_time_periods_current t ON t.forecast_key = c.forecast_key AND t.time_period_id = c.time_period_id
LEFT JOIN salesforce_user s ON s.id = c.crm_user_id
LEFT JOIN salesforce_user_role r ON r.id = u.hierarchy_id
LEFT JOIN salesforce_period q ON q.id = t.crm_id
ORDER BY c.forecast_key, c.user_name, c.user_id, c.field_name, c.time_period_id, c.week_start_date;
