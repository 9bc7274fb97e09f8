-- Made by make gen from docs/queries/clari_person_week_today.sql, where its comment is.
SELECT
  p.*,
  CURRENT_DATE BETWEEN p.week_start_date AND p.week_end_date
    AND CURRENT_DATE BETWEEN COALESCE(p.quarter_start_date, p.week_start_date) AND COALESCE(p.quarter_end_date, p.week_end_date) AS is_current_week,
  CURRENT_DATE BETWEEN COALESCE(p.quarter_start_date, p.week_start_date) AND COALESCE(p.quarter_end_date, p.week_end_date) AS is_current_quarter,
  p.week_start_date = MAX(p.week_start_date) OVER (PARTITION BY p.forecast_key) AS is_latest_week
FROM {{ ref('clari__person_week') }} p
