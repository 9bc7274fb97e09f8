{{ config(materialized='table', pre_hook="{{ clari.clari_plan() }}", post_hook="{{ clari.clari_analyze() }}") }}
-- Made by make gen from docs/queries/clari_person_week.sql, where its comment is.
WITH landed AS (
  SELECT
    forecast_key, job_id, MAX(exported_at) AS exported_at, MAX(snapshot_date) AS snapshot_date, MAX(users) AS users,
    MAX(CASE WHEN result_shape = 'arrays' THEN 'arrays' ELSE 'flat' END) AS family,
    ROW_NUMBER() OVER (PARTITION BY forecast_key ORDER BY MAX(exported_at) DESC, MAX(_cq_sync_time) DESC, job_id DESC) AS age
  FROM {{ source('clari', 'clari_forecast_exports') }}
  WHERE outcome IN ('exported', 'adopted', 'landed_again') AND users IS NOT NULL
  GROUP BY forecast_key, job_id
),
entries AS (
  SELECT k.* FROM {{ ref('clari__forecast_last_known') }} k
),
seen AS ( -- who was in which export
  SELECT
    u.forecast_key, u.job_id, u.user_id, MAX(u.exported_at) AS exported_at, MAX(u.snapshot_date) AS snapshot_date, MAX(u.forecast_id) AS forecast_id,
    MAX(u.scope_id) AS scope_id, MAX(u.requested_currency) AS requested_currency, MAX(u.requested_period) AS requested_period,
    MAX(u.person_id) AS person_id, MAX(u.name) AS user_name, MAX(u.email) AS email, MAX(u.role) AS role, MAX(u.crm_user_id) AS crm_user_id,
    MAX(u.user_type) AS user_type, MAX(u.hierarchy_level) AS hierarchy_level, MAX(CASE WHEN u.has_reports THEN 1 ELSE 0 END) AS some_reports,
    MAX(u.manager_user_id) AS manager_user_id, MAX(l.users) AS users, MAX(n.exported_at) AS newest_at, MAX(n.snapshot_date) AS newest_date
  FROM {{ source('clari', 'clari_forecast_users') }} u
  JOIN landed n ON n.forecast_key = u.forecast_key AND n.age = 1
  LEFT JOIN landed l ON l.forecast_key = u.forecast_key AND l.job_id = u.job_id
  WHERE n.family = COALESCE(l.family, CASE WHEN u.clari_user_id IS NULL THEN 'flat' ELSE 'arrays' END)
  GROUP BY u.forecast_key, u.job_id, u.user_id
),
whole AS ( -- exports of which all people are still there
  SELECT forecast_key, job_id, MAX(exported_at) AS exported_at, MAX(snapshot_date) AS snapshot_date
  FROM seen
  GROUP BY forecast_key, job_id
  HAVING COUNT(*) = MAX(users)
),
weeks AS (
  SELECT
    w.forecast_key, w.time_frame_id, w.start_date, w.end_date, w.number, w.weeks_to_end,
    ROW_NUMBER() OVER (PARTITION BY w.forecast_key ORDER BY w.start_date) AS week_place
  FROM {{ ref('clari__forecast_time_frames_current') }} w
  JOIN landed n ON n.forecast_key = w.forecast_key AND n.age = 1
  WHERE w.start_date <= n.snapshot_date
),
trees AS ( -- the newest whole export of a week
  SELECT
    w.forecast_key, w.time_frame_id, h.job_id,
    ROW_NUMBER() OVER (PARTITION BY w.forecast_key, w.time_frame_id ORDER BY h.exported_at DESC, h.job_id DESC) AS tree_number
  FROM weeks w
  JOIN whole h ON h.forecast_key = w.forecast_key AND h.snapshot_date BETWEEN w.start_date AND w.end_date
),
entered AS ( -- weeks in which somebody called, or was called for
  SELECT forecast_key, time_frame_id, user_id, MIN(week_start_date) AS week_start_date
  FROM entries
  WHERE forecast_value IS NOT NULL OR adjustment_value IS NOT NULL OR is_updated
  GROUP BY forecast_key, time_frame_id, user_id
),
members AS (
  SELECT
    s.*,
    MIN(s.snapshot_date) OVER (PARTITION BY s.forecast_key, s.user_id) AS first_date, MIN(s.exported_at) OVER (PARTITION BY s.forecast_key, s.user_id) AS first_at,
    ROW_NUMBER() OVER (PARTITION BY s.forecast_key, s.user_id ORDER BY s.exported_at DESC, s.job_id DESC) AS copy_number
  FROM seen s
),
claims AS ( -- 3: entered something, 2: known to be there, 1: assumed
  SELECT
    m.*, w.time_frame_id, w.start_date, w.end_date, w.number, w.weeks_to_end, w.week_place, CASE WHEN m.exported_at >= m.newest_at THEN 1 ELSE 0 END AS present_now,
    CASE WHEN e.user_id IS NOT NULL THEN 3 WHEN w.end_date >= m.first_date OR w.end_date >= c.first_call THEN 2 ELSE 1 END AS claim
  FROM members m
  JOIN weeks w ON w.forecast_key = m.forecast_key
  LEFT JOIN entered e ON e.forecast_key = m.forecast_key AND e.time_frame_id = w.time_frame_id AND e.user_id = m.user_id
  LEFT JOIN (
    SELECT forecast_key, user_id, MIN(week_start_date) AS first_call FROM entered GROUP BY forecast_key, user_id
  ) c ON c.forecast_key = m.forecast_key AND c.user_id = m.user_id
  LEFT JOIN (
    SELECT forecast_key, MIN(exported_at) AS first_whole FROM whole GROUP BY forecast_key
  ) h ON h.forecast_key = m.forecast_key
  WHERE m.copy_number = 1
    AND (e.user_id IS NOT NULL OR (w.start_date <= m.snapshot_date
      AND (w.end_date >= m.first_date OR w.end_date >= c.first_call OR h.first_whole IS NULL OR h.first_whole >= m.first_at)))
),
ranked AS (
  SELECT
    c.*,
    MAX(CASE WHEN c.present_now = 1 THEN c.claim ELSE 0 END) OVER (PARTITION BY c.forecast_key, c.time_frame_id, c.person_id) AS present_claim,
    MAX(CASE WHEN c.present_now = 0 THEN c.claim ELSE 0 END) OVER (PARTITION BY c.forecast_key, c.time_frame_id, c.person_id) AS former_claim
  FROM claims c
),
people AS ( -- whoever changed roles is not there twice
  SELECT r.* FROM ranked r
  WHERE r.claim = 3
     OR (r.present_now = 1 AND (r.claim = 2 OR r.claim >= r.former_claim))
     OR (r.present_now = 0 AND r.claim > r.present_claim AND r.claim >= r.former_claim)
),
quarters AS (
  SELECT forecast_key, MIN(start_date) AS quarter_start_date, MAX(end_date) AS quarter_end_date FROM {{ ref('clari__forecast_time_periods_current') }} GROUP BY forecast_key
),
used AS (
  SELECT
    forecast_key, field_id, time_period_id, MAX(field_name) AS field_name, MAX(field_type) AS field_type, MAX(time_period_type) AS time_period_type,
    MAX(time_period_start_date) AS time_period_start_date, MAX(time_period_end_date) AS time_period_end_date, MAX(fiscal_year) AS fiscal_year,
    MAX(fiscal_quarter) AS fiscal_quarter, MIN(currency_code) AS currency_code, MAX(currency_code) AS other_code,
    COUNT(quota_value) AS quotas, COUNT(forecast_value) AS calls, COUNT(is_updated) AS updates
  FROM entries
  GROUP BY forecast_key, field_id, time_period_id
),
slots AS ( -- fields in quarters and months; one that nobody has entered anything in is one of the quarter
  SELECT u.* FROM used u
  UNION ALL
  SELECT f.forecast_key, f.field_id, p.time_period_id, f.name, f.type AS field_type, p.type AS time_period_type, p.start_date, p.end_date, NULL, NULL, NULL, NULL, 0, 0, 0
  FROM {{ ref('clari__forecast_fields_current') }} f
  JOIN {{ ref('clari__forecast_time_periods_current') }} p ON p.forecast_key = f.forecast_key AND p.type = 'quarter'
  LEFT JOIN used u ON u.forecast_key = f.forecast_key AND u.field_id = f.field_id
  WHERE u.field_id IS NULL
),
fields AS (
  SELECT
    s.*, MAX(s.fiscal_year) OVER (PARTITION BY s.forecast_key) AS year_of, MAX(s.fiscal_quarter) OVER (PARTITION BY s.forecast_key) AS quarter_of,
    MIN(s.currency_code) OVER (PARTITION BY s.forecast_key) AS least_code, MAX(s.other_code) OVER (PARTITION BY s.forecast_key) AS greatest_code,
    MAX(s.updates) OVER (PARTITION BY s.forecast_key) AS updates_of,
    CASE WHEN SUM(s.quotas) OVER (PARTITION BY s.forecast_key, s.field_id) > 0
      AND SUM(s.calls) OVER (PARTITION BY s.forecast_key, s.field_id) < 1 THEN 1 ELSE 0 END AS of_quotas
  FROM slots s
),
quotas AS (
  SELECT forecast_key, MIN(field_id) AS field_id, MIN(field_name) AS field_name FROM fields WHERE of_quotas = 1 GROUP BY forecast_key HAVING COUNT(DISTINCT field_id) = 1
),
named AS (
  SELECT t.forecast_id, t.call_field, f.forecast_key, MIN(f.field_id) AS field_id, MIN(f.field_name) AS field_name
  FROM {{ ref('clari__quota_pairs') }} t
  JOIN (SELECT DISTINCT forecast_key, forecast_id FROM seen) x ON x.forecast_id = t.forecast_id
  JOIN fields f ON f.forecast_key = x.forecast_key AND f.field_name = t.quota_field
  GROUP BY t.forecast_id, t.call_field, f.forecast_key
),
calls AS (
  SELECT f.*, COALESCE(n.field_id, q.field_id) AS quota_field_id, COALESCE(n.field_name, q.field_name) AS quota_field
  FROM fields f
  LEFT JOIN named n ON n.forecast_key = f.forecast_key AND n.call_field = f.field_name
  LEFT JOIN quotas q ON q.forecast_key = f.forecast_key
  WHERE f.of_quotas = 0
),
filled AS (
  SELECT
    p.forecast_key, p.forecast_id, p.scope_id, p.requested_currency, p.requested_period, c.year_of AS fiscal_year, c.quarter_of AS fiscal_quarter,
    q.quarter_start_date, q.quarter_end_date, c.time_period_id, c.time_period_type, c.time_period_start_date, c.time_period_end_date,
    c.time_period_end_date < p.newest_date AS is_over, p.time_frame_id, p.start_date AS week_start_date, p.end_date AS week_end_date, p.number AS week_number, p.weeks_to_end, p.week_place,
    p.user_id, p.person_id, p.user_name, p.email, p.role, p.crm_user_id, p.user_type, p.hierarchy_level, p.some_reports = 1 AS has_reports,
    CASE WHEN p.claim = 1 THEN 'assumed' ELSE 'known' END AS membership, p.present_now = 1 AS in_latest_export,
    t.job_id IS NOT NULL AS tree_known, a.user_id IS NOT NULL AS in_tree, a.manager_user_id AS manager_as_of, p.manager_user_id AS current_manager,
    b.user_name AS current_manager_name, c.field_id, c.field_name, c.field_type, e.forecast_value, e.adjustment_value, e.adjusted_by, e.adjusted_at,
    COALESCE(e.adjustment_value, e.forecast_value) AS effective_value, c.quota_field, o.quota_value, c.quota_field_id IS NULL AS unpaired_quota,
    e.crm_closed, e.crm_total, COALESCE(e.currency_code, o.currency_code, CASE WHEN c.least_code = c.greatest_code THEN c.least_code END) AS currency_code,
    CASE WHEN c.updates_of > 0 THEN COALESCE(e.is_updated, FALSE) END AS is_submitted, e.updated_at AS submitted_at, e.updated_by AS submitted_by
  FROM people p
  JOIN calls c ON c.forecast_key = p.forecast_key
  LEFT JOIN quarters q ON q.forecast_key = p.forecast_key
  LEFT JOIN members b ON b.forecast_key = p.forecast_key AND b.user_id = p.manager_user_id AND b.copy_number = 1
  LEFT JOIN trees t ON t.forecast_key = p.forecast_key AND t.time_frame_id = p.time_frame_id AND t.tree_number = 1
  LEFT JOIN seen a ON a.forecast_key = p.forecast_key AND a.job_id = t.job_id AND a.user_id = p.user_id
  LEFT JOIN entries e
    ON e.forecast_key = p.forecast_key AND e.time_period_id = c.time_period_id AND e.time_frame_id = p.time_frame_id AND e.user_id = p.user_id
   AND e.field_id = c.field_id
  LEFT JOIN entries o
    ON o.forecast_key = p.forecast_key AND o.time_period_id = c.time_period_id AND o.time_frame_id = p.time_frame_id AND o.user_id = p.user_id
   AND o.field_id = c.quota_field_id
),
moved AS (
  SELECT
    f.*,
    LAG(f.effective_value) OVER (PARTITION BY f.forecast_key, f.time_period_id, f.user_id, f.field_id ORDER BY f.week_start_date) AS value_before,
    f.week_place - LAG(f.week_place) OVER (PARTITION BY f.forecast_key, f.time_period_id, f.user_id, f.field_id ORDER BY f.week_start_date) AS places,
    f.week_number - LAG(f.week_number) OVER (PARTITION BY f.forecast_key, f.time_period_id, f.user_id, f.field_id ORDER BY f.week_start_date) AS numbers,
    ROW_NUMBER() OVER (PARTITION BY f.forecast_key, f.time_period_id, f.user_id, f.field_id
      ORDER BY CASE WHEN f.crm_closed IS NULL THEN 1 ELSE 0 END, f.week_start_date DESC) AS closed_number,
    ROW_NUMBER() OVER (PARTITION BY f.forecast_key, f.time_period_id, f.user_id, f.field_id
      ORDER BY CASE WHEN f.effective_value IS NULL THEN 1 ELSE 0 END, f.week_start_date DESC) AS call_number
  FROM filled f
)
SELECT
  m.forecast_key, m.forecast_id, m.scope_id, m.requested_currency, m.requested_period, m.fiscal_year, m.fiscal_quarter, m.quarter_start_date,
  m.quarter_end_date, m.time_period_id, m.time_period_type, m.time_period_start_date, m.time_period_end_date, m.is_over, m.time_frame_id, m.week_start_date,
  m.week_end_date, m.week_number, m.weeks_to_end,
  COALESCE(MAX(m.week_number) OVER (PARTITION BY m.forecast_key) - m.week_number, MAX(m.week_place) OVER (PARTITION BY m.forecast_key) - m.week_place) AS weeks_back,
  m.user_id, m.person_id, m.user_name, m.email, m.role, m.crm_user_id, m.user_type, m.hierarchy_level,
  m.has_reports, m.membership, m.in_latest_export, m.tree_known, m.in_tree, m.manager_as_of, m.current_manager, m.current_manager_name,
  m.field_id, m.field_name, m.field_type,
  m.forecast_value, m.adjustment_value, m.adjusted_by, m.adjusted_at, m.effective_value,
  CASE WHEN m.places = 1 AND COALESCE(m.numbers, 1) = 1 THEN m.value_before END AS effective_before,
  CASE WHEN m.places = 1 AND COALESCE(m.numbers, 1) = 1 THEN m.effective_value - m.value_before END AS step,
  m.quota_field, m.quota_value, m.unpaired_quota, m.crm_closed, m.crm_total,
  MAX(CASE WHEN m.closed_number = 1 THEN m.crm_closed END) OVER (PARTITION BY m.forecast_key, m.time_period_id, m.user_id, m.field_id) AS newest_closed,
  MAX(CASE WHEN m.call_number = 1 THEN m.effective_value END) OVER (PARTITION BY m.forecast_key, m.time_period_id, m.user_id, m.field_id) AS newest_call,
  m.currency_code, m.is_submitted, m.submitted_at, m.submitted_by
FROM moved m
