-- What does the newest export say of each person, field and week?
-- One row each, right in every write mode, with and without history. A week comes from the newest export that has it; one that the newest
-- export of all weeks left out is gone. A manager's row holds the whole team: never add up rows of different hierarchy_level. To make it
-- anew where columns were added: DROP VIEW clari_forecast_current;
CREATE VIEW clari_forecast_current AS
SELECT
  k._cq_id, k.forecast_id, k.scope_id, k.requested_currency, k.requested_period, k.forecast_key, k.job_id, k.exported_at,
  k.snapshot_date, k.time_period_id, k.time_frame_id, k.user_id, k.field_id, k.week_start_date, k.week_end_date,
  k.week_number, k.weeks_to_end, k.time_period_type, k.time_period_start_date, k.time_period_end_date, k.fiscal_year,
  k.fiscal_quarter, k.user_name, k.email, k.role, k.person_id, k.clari_user_id, k.crm_user_id, k.user_type,
  k.hierarchy_level, k.has_reports, k.manager_user_id, k.manager_name, k.field_name, k.field_type, k.forecast_value,
  k.quota_value, k.adjustment_value, k.crm_total, k.crm_closed, k.currency_code, k.currency_symbol, k.is_updated,
  k.updated_by, k.updated_at, k.adjusted_by, k.adjusted_at, k.extra
FROM (
  SELECT
    r.*,
    RANK() OVER (PARTITION BY r.forecast_key, r.time_frame_id ORDER BY x.exported_at DESC, x.job_id DESC) AS export_place,
    ROW_NUMBER() OVER (PARTITION BY r.forecast_key, r.job_id, r.time_period_id, r.time_frame_id, r.user_id, r.field_id ORDER BY r.exported_at DESC) AS copy_number
  FROM clari_forecast_entries r
  JOIN clari_forecast_exports_current x ON x.job_id = r.job_id
) k
WHERE k.export_place < 2 AND k.copy_number < 2;
