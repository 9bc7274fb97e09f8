{{ config(materialized='incremental', incremental_strategy='append', on_schema_change='append_new_columns', post_hook="{{ clari.clari_analyze() }}", pre_hook=["{{ clari.clari_plan() }}", "{% if is_incremental() %}DELETE FROM {{ this }} WHERE forecast_key IN (SELECT t.forecast_key FROM {{ this }} t LEFT JOIN ({{ clari.clari_there() }}) h ON h.forecast_key = t.forecast_key AND h.compared = t.compared WHERE h.forecast_key IS NULL){% endif %}"]) }}
-- Made by make gen from docs/queries/clari_forecast_changes.sql, where its comment is.
SELECT m.*, h.compared
FROM (
WITH landed AS (
  SELECT r.*, ROW_NUMBER() OVER (PARTITION BY r.forecast_key, r.job_id ORDER BY r._cq_sync_time DESC, r._cq_id DESC) AS copy_number
  FROM {{ source('clari', 'clari_forecast_exports') }} r
  WHERE r.outcome IN ('exported', 'adopted', 'landed_again')
  {% if is_incremental() %}AND r.forecast_key NOT IN (SELECT t.forecast_key FROM {{ this }} t){% endif %}
),
chained AS ( -- each week of each export, and the export before that has the week
  SELECT
    k.forecast_key, k.time_frame_id, l.job_id, l.exported_at, l.types, l.result_shape, k.rows_missing,
    LAG(l.job_id) OVER (PARTITION BY k.forecast_key, k.time_frame_id ORDER BY l.exported_at, l.job_id) AS job_before,
    LAG(l.types) OVER (PARTITION BY k.forecast_key, k.time_frame_id ORDER BY l.exported_at, l.job_id) AS types_before,
    LAG(l.result_shape) OVER (PARTITION BY k.forecast_key, k.time_frame_id ORDER BY l.exported_at, l.job_id) AS shape_before,
    LAG(k.rows_missing) OVER (PARTITION BY k.forecast_key, k.time_frame_id ORDER BY l.exported_at, l.job_id) AS missing_before
  FROM {{ ref('clari__completeness') }} k
  JOIN landed l ON l.forecast_key = k.forecast_key AND l.job_id = k.job_id AND l.copy_number = 1
  WHERE k.table_name = 'clari_forecast_entries'
),
pairs AS (
  SELECT c.* FROM chained c
  WHERE c.types_before = c.types AND c.shape_before = c.result_shape AND c.rows_missing < 1 AND c.missing_before < 1
),
sides AS (
  SELECT p.job_id AS compared_job, p.job_before, 1 AS half, e.* FROM pairs p
  JOIN {{ source('clari', 'clari_forecast_entries') }} e ON e.forecast_key = p.forecast_key AND e.time_frame_id = p.time_frame_id AND e.job_id = p.job_id
  UNION ALL
  SELECT p.job_id AS compared_job, p.job_before, 0 AS half, e.* FROM pairs p
  JOIN {{ source('clari', 'clari_forecast_entries') }} e ON e.forecast_key = p.forecast_key AND e.time_frame_id = p.time_frame_id AND e.job_id = p.job_before
),
compared AS (
  SELECT
    s.forecast_key, s.compared_job, s.job_before, s.time_period_id, s.time_frame_id, s.user_id, s.field_id, MAX(s.week_start_date) AS week_start_date,
    MAX(s.person_id) AS person_id, COALESCE(MAX(CASE WHEN s.half = 1 THEN s.user_name END), MAX(s.user_name)) AS user_name,
    COALESCE(MAX(CASE WHEN s.half = 1 THEN s.hierarchy_level END), MAX(s.hierarchy_level)) AS hierarchy_level,
    COALESCE(MAX(CASE WHEN s.half = 1 THEN s.manager_user_id END), MAX(s.manager_user_id)) AS manager_user_id,
    COALESCE(MAX(CASE WHEN s.half = 1 THEN s.field_name END), MAX(s.field_name)) AS field_name, MAX(s.currency_code) AS currency_code,
    MAX(CASE WHEN s.half = 0 THEN s.forecast_value END) AS call_before, MAX(CASE WHEN s.half = 1 THEN s.forecast_value END) AS call_after,
    MAX(CASE WHEN s.half = 0 THEN s.adjustment_value END) AS override_before, MAX(CASE WHEN s.half = 1 THEN s.adjustment_value END) AS override_after,
    MAX(CASE WHEN s.half = 0 THEN s.quota_value END) AS quota_before, MAX(CASE WHEN s.half = 1 THEN s.quota_value END) AS quota_after,
    MAX(CASE WHEN s.half = 1 THEN s.updated_by END) AS updated_by, MAX(CASE WHEN s.half = 1 THEN s.updated_at END) AS updated_at,
    MAX(CASE WHEN s.half = 1 THEN s.adjusted_by END) AS adjusted_by, MAX(CASE WHEN s.half = 1 THEN s.adjusted_at END) AS adjusted_at
  FROM sides s
  GROUP BY s.forecast_key, s.compared_job, s.job_before, s.time_period_id, s.time_frame_id, s.user_id, s.field_id
),
amounts AS (
  SELECT c.*, 'call' AS change_type, c.call_before AS value_before, c.call_after AS value_after, c.updated_by AS changed_by, c.updated_at AS changed_at FROM compared c
  UNION ALL
  SELECT c.*, 'override' AS change_type, c.override_before, c.override_after, c.adjusted_by, c.adjusted_at FROM compared c
  UNION ALL
  SELECT c.*, 'quota' AS change_type, c.quota_before, c.quota_after, NULL, NULL FROM compared c
),
teams AS ( -- exports of which all people are there, and the one before
  SELECT
    t.*, LAG(t.job_id) OVER (PARTITION BY t.forecast_key ORDER BY t.exported_at, t.job_id) AS job_before,
    LAG(t.result_shape) OVER (PARTITION BY t.forecast_key ORDER BY t.exported_at, t.job_id) AS shape_before
  FROM (
    SELECT l.forecast_key, l.job_id, MAX(l.exported_at) AS exported_at, MAX(l.result_shape) AS result_shape
    FROM landed l
    JOIN {{ source('clari', 'clari_forecast_users') }} u ON u.forecast_key = l.forecast_key AND u.job_id = l.job_id
    WHERE l.copy_number = 1
    GROUP BY l.forecast_key, l.job_id
    HAVING COUNT(DISTINCT u.user_id) = MAX(l.users)
  ) t
),
roles AS (
  SELECT
    t.forecast_key, t.job_id, t.job_before, u.user_id, MAX(u.person_id) AS person_id, MAX(u.name) AS user_name, MAX(u.hierarchy_level) AS hierarchy_level,
    MAX(CASE WHEN u.job_id = t.job_before THEN 1 ELSE 0 END) AS was_there, MAX(CASE WHEN u.job_id = t.job_id THEN 1 ELSE 0 END) AS is_there,
    MAX(CASE WHEN u.job_id = t.job_before THEN u.role END) AS role_before, MAX(CASE WHEN u.job_id = t.job_id THEN u.role END) AS role_after,
    MAX(CASE WHEN u.job_id = t.job_before THEN u.manager_user_id END) AS manager_before,
    MAX(CASE WHEN u.job_id = t.job_id THEN u.manager_user_id END) AS manager_after
  FROM teams t
  JOIN {{ source('clari', 'clari_forecast_users') }} u ON u.forecast_key = t.forecast_key AND u.job_id IN (t.job_id, t.job_before)
  WHERE t.shape_before = t.result_shape
  GROUP BY t.forecast_key, t.job_id, t.job_before, u.user_id
),
holders AS ( -- roles, and whether their holder is in either export in any role
  SELECT
    r.*, MAX(r.was_there) OVER (PARTITION BY r.forecast_key, r.job_id, r.person_id) AS person_was,
    MAX(r.is_there) OVER (PARTITION BY r.forecast_key, r.job_id, r.person_id) AS person_is
  FROM roles r
),
people AS ( -- who has another user_id in another role has moved
  SELECT
    r.forecast_key, r.job_id, r.job_before, r.person_id, MAX(r.user_id) AS user_id, MAX(r.user_name) AS user_name, MAX(r.hierarchy_level) AS hierarchy_level,
    MAX(r.person_was) AS was_there, MAX(r.person_is) AS is_there, MAX(r.role_before) AS role_before, MAX(r.role_after) AS role_after,
    MAX(r.manager_before) AS manager_before, MAX(r.manager_after) AS manager_after
  FROM holders r
  WHERE r.was_there <> r.is_there
  GROUP BY r.forecast_key, r.job_id, r.job_before, r.person_id
  UNION ALL
  SELECT
    r.forecast_key, r.job_id, r.job_before, r.person_id, r.user_id, r.user_name, r.hierarchy_level, 1, 1, r.role_before, r.role_after, r.manager_before,
    r.manager_after
  FROM holders r
  WHERE r.was_there = r.is_there
    AND (COALESCE(r.manager_before, '') <> COALESCE(r.manager_after, '') OR COALESCE(r.role_before, '') <> COALESCE(r.role_after, ''))
),
changes AS (
  SELECT
    a.forecast_key, a.compared_job AS job_id, a.job_before, a.change_type, a.time_period_id, a.time_frame_id, a.week_start_date, a.user_id, a.person_id,
    a.user_name, a.hierarchy_level, a.manager_user_id, a.field_id, a.field_name, a.currency_code, a.value_before, a.value_after, a.changed_by, a.changed_at,
    NULL AS role_before, NULL AS role_after, NULL AS manager_before, NULL AS manager_after
  FROM amounts a
  WHERE a.value_before <> a.value_after
     OR (a.value_before IS NULL AND a.value_after IS NOT NULL) OR (a.value_before IS NOT NULL AND a.value_after IS NULL)
  UNION ALL
  SELECT
    p.forecast_key, p.job_id, p.job_before, CASE WHEN p.was_there < 1 THEN 'came' WHEN p.is_there < 1 THEN 'went' ELSE 'moved' END,
    NULL, NULL, NULL, p.user_id, p.person_id, p.user_name, p.hierarchy_level, COALESCE(p.manager_after, p.manager_before), NULL, NULL, NULL, NULL, NULL, NULL, NULL,
    p.role_before, p.role_after, p.manager_before, p.manager_after
  FROM people p
)
SELECT
  c.forecast_key, l.forecast_id, l.scope_id, l.requested_currency, l.requested_period, c.job_before, b.exported_at AS exported_before, c.job_id,
  l.exported_at, l.snapshot_date, c.change_type, c.time_period_id, c.time_frame_id, c.week_start_date, c.user_id, c.person_id, c.user_name,
  c.hierarchy_level, c.manager_user_id, c.field_id, c.field_name, c.currency_code, c.value_before, c.value_after,
  COALESCE(c.value_after, 0) - COALESCE(c.value_before, 0) AS step, c.changed_by, c.changed_at, c.role_before, c.role_after, c.manager_before, c.manager_after
FROM changes c
JOIN landed l ON l.forecast_key = c.forecast_key AND l.job_id = c.job_id AND l.copy_number = 1
JOIN landed b ON b.forecast_key = c.forecast_key AND b.job_id = c.job_before AND b.copy_number = 1
) m
JOIN ({{ clari.clari_there() }}) h ON h.forecast_key = m.forecast_key
