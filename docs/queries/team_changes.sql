-- Who changed team or role, who came, and who left?
-- One row for each person, quarter and pair of exports between which it happened. needs_history: without history or append mode there are no rows.
SELECT
  c.forecast_key, c.forecast_id, c.scope_id, c.requested_currency, c.requested_period, c.exported_before, c.exported_at, c.snapshot_date, c.change_type,
  c.user_id, c.person_id, c.user_name, c.role_before, c.role_after, c.manager_before, c.manager_after
FROM clari_forecast_changes c
WHERE c.change_type IN ('came', 'went', 'moved')
ORDER BY c.exported_at DESC, c.forecast_key, c.user_name, c.user_id;
