-- Which rows of clari_person_week are of today?
-- All of clari_person_week, and beside it is_current_week (CURRENT_DATE is in that week, and in that quarter), is_current_quarter, and
-- is_latest_week: the last week of its quarter that has begun. A week on the border of two quarters is current in one of them.
CREATE VIEW clari_person_week_today AS
SELECT
  p.*,
  CURRENT_DATE BETWEEN p.week_start_date AND p.week_end_date
    AND CURRENT_DATE BETWEEN COALESCE(p.quarter_start_date, p.week_start_date) AND COALESCE(p.quarter_end_date, p.week_end_date) AS is_current_week,
  CURRENT_DATE BETWEEN COALESCE(p.quarter_start_date, p.week_start_date) AND COALESCE(p.quarter_end_date, p.week_end_date) AS is_current_quarter,
  p.week_start_date = MAX(p.week_start_date) OVER (PARTITION BY p.forecast_key) AS is_latest_week
FROM clari_person_week p;
