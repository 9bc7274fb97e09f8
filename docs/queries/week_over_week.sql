-- How did each call move from week to week?
-- change is against the week before: null in the first week, and where that week has no call. A manager's row holds the whole team:
-- stay on one hierarchy_level, or with one person.
WITH calls AS (
  SELECT c.*, DENSE_RANK() OVER (PARTITION BY c.forecast_key ORDER BY c.week_start_date) AS week_place FROM clari_forecast_current c
),
moves AS (
  SELECT
    c.*,
    LAG(c.forecast_value) OVER (PARTITION BY c.forecast_key, c.time_period_id, c.user_id, c.field_id ORDER BY c.week_start_date) AS value_before,
    c.week_place - LAG(c.week_place) OVER (PARTITION BY c.forecast_key, c.time_period_id, c.user_id, c.field_id ORDER BY c.week_start_date) AS places,
    c.week_number - LAG(c.week_number) OVER (PARTITION BY c.forecast_key, c.time_period_id, c.user_id, c.field_id ORDER BY c.week_start_date) AS weeks
  FROM calls c
)
SELECT
  m.forecast_key, m.forecast_id, m.requested_period, m.time_period_id, m.user_id, m.user_name, m.hierarchy_level, m.manager_name,
  m.field_name, m.week_start_date, m.week_number, m.currency_code, m.forecast_value,
  CASE WHEN m.places = 1 AND COALESCE(m.weeks, 1) = 1 THEN m.forecast_value - m.value_before END AS change
FROM moves m
WHERE m.forecast_value IS NOT NULL
ORDER BY m.forecast_key, m.hierarchy_level, m.user_name, m.user_id, m.field_name, m.time_period_id, m.week_start_date;
