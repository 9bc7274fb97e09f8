-- Who has submitted a call, and who has not, in each week that has begun?
-- List the labels of the required fields on top. The list of today is is_outstanding. Who entered nothing counts as not submitted,
-- but only in weeks in which the person was there. weeks_missed counts the weeks in a row without a submission, up to this one. is_late: it came after
-- the week's last day. Needs the type forecast_updated.
WITH required AS (
  SELECT 'Commit' AS field_name
  UNION ALL SELECT 'Best Case'
),
weeks AS (
  SELECT p.*, MAX(CASE WHEN p.is_submitted THEN p.week_start_date END) OVER (
    PARTITION BY p.forecast_key, p.time_period_id, p.user_id, p.field_id ORDER BY p.week_start_date) AS last_submitted
  FROM clari_person_week_today p
  JOIN required r ON r.field_name = p.field_name
)
SELECT
  w.forecast_key, w.forecast_id, w.scope_id, w.requested_currency, w.requested_period, w.time_period_id, w.week_start_date, w.user_id, w.user_name, w.email,
  w.role, w.hierarchy_level, w.has_reports, w.current_manager, w.current_manager_name, w.in_latest_export, w.membership, w.field_id, w.field_name,
  w.is_current_week AS is_this_week, w.is_submitted,
  w.is_current_week AND w.in_latest_export AND NOT w.is_submitted AS is_outstanding, w.submitted_at, w.is_submitted AND DATE(w.submitted_at) > w.week_end_date AS is_late,
  SUM(CASE WHEN w.is_submitted THEN 0 ELSE 1 END) OVER (
    PARTITION BY w.forecast_key, w.time_period_id, w.user_id, w.field_id, w.last_submitted ORDER BY w.week_start_date) AS weeks_missed
FROM weeks w
ORDER BY w.forecast_key, w.week_start_date, w.hierarchy_level, w.user_name, w.user_id, w.field_name;
