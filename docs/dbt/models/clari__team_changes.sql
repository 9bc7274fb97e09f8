-- Made by make gen from docs/queries/team_changes.sql, where its comment is.
SELECT
  c.forecast_key, c.forecast_id, c.scope_id, c.requested_currency, c.requested_period, c.exported_before, c.exported_at, c.snapshot_date, c.change_type,
  c.user_id, c.person_id, c.user_name, c.role_before, c.role_after, c.manager_before, c.manager_after
FROM {{ ref('clari__forecast_changes') }} c
WHERE c.change_type IN ('came', 'went', 'moved')
ORDER BY c.exported_at DESC, c.forecast_key, c.user_name, c.user_id
