-- What was called 12, 8, 4 and 1 weeks before the end, and what closed?
-- One row for each person, period and call field, also of people who have left. closed is the newest crm_closed so far, and final where is_over. A
-- manager's row holds the whole team.
SELECT
  p.forecast_key, p.forecast_id, p.scope_id, p.requested_currency, p.requested_period, p.time_period_id, p.user_id, p.user_name,
  p.hierarchy_level, p.field_id, p.field_name, MAX(p.currency_code) AS currency_code,
  MAX(CASE WHEN p.weeks_to_end = 12 THEN p.effective_value END) AS call_12_weeks_before,
  MAX(CASE WHEN p.weeks_to_end = 8 THEN p.effective_value END) AS call_8_weeks_before,
  MAX(CASE WHEN p.weeks_to_end = 4 THEN p.effective_value END) AS call_4_weeks_before,
  MAX(CASE WHEN p.weeks_to_end = 1 THEN p.effective_value END) AS call_1_week_before,
  MAX(p.newest_closed) AS closed, p.is_over
FROM clari_person_week p
GROUP BY p.forecast_key, p.forecast_id, p.scope_id, p.requested_currency, p.requested_period, p.time_period_id, p.user_id, p.user_name,
  p.hierarchy_level, p.field_name, p.field_id, p.is_over
ORDER BY p.forecast_key, p.time_period_id, p.hierarchy_level, p.user_name, p.user_id, p.field_name;
