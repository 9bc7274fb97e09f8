-- Made by make gen from docs/queries/what_changed.sql, where its comment is.
WITH newest AS (
  SELECT forecast_key, MAX(exported_at) AS exported_at
  FROM {{ source('clari', 'clari_forecast_exports') }}
  WHERE outcome IN ('exported', 'adopted', 'landed_again')
  GROUP BY forecast_key
)
SELECT
  c.forecast_key, c.forecast_id, c.scope_id, c.requested_currency, c.requested_period, c.exported_before, c.exported_at, c.change_type, c.time_period_id,
  c.week_start_date, c.user_id, c.user_name, c.hierarchy_level, c.field_id, c.field_name, c.currency_code, c.value_before, c.value_after, c.step, c.changed_by,
  c.changed_at
FROM {{ ref('clari__forecast_changes') }} c
JOIN newest n ON n.forecast_key = c.forecast_key AND n.exported_at = c.exported_at
WHERE c.change_type IN ('call', 'override', 'quota')
ORDER BY ABS(c.step) DESC, c.forecast_key, c.user_name, c.user_id, c.field_name, c.week_start_date
