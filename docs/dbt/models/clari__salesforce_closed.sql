{{ config(enabled=var('clari_salesforce', false)) }}
-- Made by make gen from docs/queries/salesforce_closed.sql, where its comment is.
WITH sellers AS (
  SELECT p.forecast_key, p.forecast_id, p.scope_id, p.requested_currency, p.requested_period, p.time_period_id, p.time_period_start_date,
    p.time_period_end_date, p.is_over, p.user_id, p.crm_user_id, p.field_id, MAX(p.user_name) AS user_name, MAX(p.current_manager) AS current_manager,
    MAX(p.current_manager_name) AS current_manager_name, MAX(p.field_name) AS field_name, MAX(p.currency_code) AS currency_code,
    MAX(p.newest_call) AS newest_call, MAX(CASE WHEN p.weeks_back = 0 THEN p.quota_value END) AS quota_value, MAX(p.newest_closed) AS newest_closed
  FROM {{ ref('clari__person_week') }} p
  WHERE NOT p.has_reports
  GROUP BY p.forecast_key, p.forecast_id, p.scope_id, p.requested_currency, p.requested_period, p.time_period_id, p.time_period_start_date,
    p.time_period_end_date, p.is_over, p.user_id, p.crm_user_id, p.field_id
),
won AS (
  SELECT s.forecast_key, s.time_period_id, s.user_id, s.field_id, SUM(o.amount) AS closed_won, COUNT(o.id) AS deals
  FROM sellers s
  JOIN {{ source('salesforce', 'salesforce_opportunity') }} o ON o.owner_id = s.crm_user_id AND o.is_won AND o.close_date BETWEEN s.time_period_start_date AND s.time_period_end_date
  GROUP BY s.forecast_key, s.time_period_id, s.user_id, s.field_id
)
SELECT
  s.forecast_key, s.forecast_id, s.scope_id, s.requested_currency, s.requested_period, s.time_period_id, s.is_over, s.user_id, s.crm_user_id, s.user_name,
  s.current_manager, s.current_manager_name, s.field_id, s.field_name, s.currency_code, s.quota_value, s.newest_call, s.newest_closed,
  CASE WHEN s.crm_user_id IS NOT NULL THEN COALESCE(w.closed_won, 0) END AS closed_won,
  CASE WHEN s.crm_user_id IS NOT NULL THEN COALESCE(w.deals, 0) END AS deals,
  CASE WHEN s.is_over AND s.crm_user_id IS NOT NULL THEN s.newest_call - COALESCE(w.closed_won, 0) END AS error
FROM sellers s
LEFT JOIN won w ON w.forecast_key = s.forecast_key AND w.time_period_id = s.time_period_id AND w.user_id = s.user_id AND w.field_id = s.field_id
ORDER BY s.forecast_key, s.time_period_id, s.user_name, s.user_id, s.field_name
