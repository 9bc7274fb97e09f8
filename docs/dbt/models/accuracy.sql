-- Made by make gen from docs/queries/accuracy.sql, where its comment is.
WITH outcomes AS (
  SELECT forecast_key, time_period_id, user_id, field_id, COALESCE(crm_closed, forecast_value) AS outcome_value,
    CASE WHEN crm_closed IS NULL THEN 'last call' ELSE 'crm_closed' END AS measured_by
  FROM (
    SELECT c.*, ROW_NUMBER() OVER (
      PARTITION BY c.forecast_key, c.time_period_id, c.user_id, c.field_id
      ORDER BY CASE WHEN c.crm_closed IS NULL THEN 1 ELSE 0 END, c.week_start_date DESC
    ) AS place
    FROM {{ ref('clari_forecast_current') }} c
    WHERE c.time_period_end_date < CURRENT_DATE AND (c.crm_closed IS NOT NULL OR c.forecast_value IS NOT NULL)
  ) known
  WHERE place < 2
)
SELECT
  c.forecast_key, c.time_period_id, c.user_id, c.user_name, c.hierarchy_level, c.field_name, c.week_start_date, c.week_number,
  c.forecast_value, o.outcome_value, o.measured_by,
  c.forecast_value - o.outcome_value AS error,
  (c.forecast_value - o.outcome_value) / NULLIF(ABS(o.outcome_value), 0) AS relative_error
FROM {{ ref('clari_forecast_current') }} c
JOIN outcomes o ON o.forecast_key = c.forecast_key AND o.time_period_id = c.time_period_id AND o.user_id = c.user_id AND o.field_id = c.field_id
WHERE c.forecast_value IS NOT NULL
ORDER BY c.forecast_key, c.user_name, c.user_id, c.field_name, c.time_period_id, c.week_start_date
