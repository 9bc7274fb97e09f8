{{ config(enabled=var('clari_using_opportunities', false)) }}
-- Made by make gen from docs/queries/clari_opportunity_trend_history_current.sql, where its comment is.
SELECT
  k._cq_id, k.opportunity_id, k.field_id, k.changed_at, k.place, k.old_value, k.new_value, k.extra
FROM (
  SELECT r.*, ROW_NUMBER() OVER (PARTITION BY r.opportunity_id, r.field_id, r.changed_at, r.place ORDER BY r._cq_sync_time DESC, r._cq_id DESC) AS copy_number
  FROM {{ source('clari', 'clari_opportunity_trend_history') }} r
) k
WHERE k.copy_number = 1
