-- The present state of every forecast, whatever the destination keeps of the past: for each tab, scope, currency, quarter and week
-- the entries of the newest export that has them. A week that the newest export of all weeks left out is gone.
-- It reads the same with and without a state backend, with history, and on append-only destinations. The table
-- clari_forecast_exports has to be among the selected ones. To create it anew: DROP VIEW clari_forecast_current; first.
CREATE VIEW clari_forecast_current AS
WITH landed AS (
  SELECT forecast_id, scope_id, requested_currency, requested_period, job_id, include_historical, MAX(exported_at) AS exported_at
  FROM clari_forecast_exports
  WHERE outcome IN ('exported', 'adopted')
  GROUP BY forecast_id, scope_id, requested_currency, requested_period, job_id, include_historical
),
all_weeks AS ( -- since when a week that is not there is gone
  SELECT forecast_id, scope_id, requested_currency, requested_period, MAX(exported_at) AS since
  FROM landed
  WHERE include_historical
  GROUP BY forecast_id, scope_id, requested_currency, requested_period
),
weeks AS (
  SELECT e.forecast_id, e.scope_id, e.requested_currency, e.requested_period, e.time_frame_id, MAX(l.exported_at) AS exported_at
  FROM clari_forecast_entries e
  JOIN landed l
    ON l.forecast_id = e.forecast_id AND l.scope_id = e.scope_id AND l.requested_currency = e.requested_currency
   AND l.requested_period = e.requested_period AND l.job_id = e.job_id
  GROUP BY e.forecast_id, e.scope_id, e.requested_currency, e.requested_period, e.time_frame_id
)
SELECT e.*
FROM clari_forecast_entries e
JOIN landed l
  ON l.forecast_id = e.forecast_id AND l.scope_id = e.scope_id AND l.requested_currency = e.requested_currency
 AND l.requested_period = e.requested_period AND l.job_id = e.job_id
JOIN weeks w
  ON w.forecast_id = e.forecast_id AND w.scope_id = e.scope_id AND w.requested_currency = e.requested_currency
 AND w.requested_period = e.requested_period AND w.time_frame_id = e.time_frame_id AND w.exported_at = l.exported_at
LEFT JOIN all_weeks a
  ON a.forecast_id = e.forecast_id AND a.scope_id = e.scope_id AND a.requested_currency = e.requested_currency
 AND a.requested_period = e.requested_period
WHERE a.since IS NULL OR w.exported_at >= a.since;
