-- Which quota belongs to which call, in tabs that have several fields of quotas?
-- A tab with exactly one field of quotas needs no row. Each row pairs a call with a quota by their labels. The table is yours: it is made once, and
-- no upgrade touches it. In dbt the rows are the var clari_quota_pairs.
CREATE TABLE IF NOT EXISTS clari_quota_pairs AS
SELECT f.forecast_id, f.name AS call_field, f.name AS quota_field FROM clari_forecast_fields f WHERE 1 = 0;
