-- What does the newest export say in clari_forecast_users?
-- One row for each key, right in every write mode, with and without history: join it to the other current views on forecast_key and
-- the key. All that clari_forecast_current has is in it.
CREATE VIEW clari_forecast_users_current AS
SELECT
  k._cq_id, k.forecast_id, k.scope_id, k.requested_currency, k.requested_period, k.forecast_key, k.job_id, k.exported_at,
  k.snapshot_date, k.user_id, k.name, k.email, k.person_id, k.clari_user_id, k.crm_user_id, k.user_type, k.hierarchy_level,
  k.has_reports, k.manager_user_id, k.hierarchy_id, k.role, k.parent_hierarchy_id, k.parent_role, k.user_scope, k.extra
FROM (
  SELECT r.*, ROW_NUMBER() OVER (PARTITION BY r.forecast_key, r.user_id ORDER BY x.exported_at DESC, x.job_id DESC) AS place
  FROM clari_forecast_users r
  JOIN clari_forecast_exports_current x ON x.job_id = r.job_id
) k
WHERE k.place < 2;
