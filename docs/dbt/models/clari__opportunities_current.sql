{{ config(enabled=var('clari_using_opportunities', false)) }}
-- Made by make gen from docs/queries/clari_opportunities_current.sql, where its comment is.
SELECT
  k._cq_id, k.opportunity_id, k.crm_score, k.crm_score_message, k.observed_at, k.extra
FROM (
  SELECT r.*, ROW_NUMBER() OVER (PARTITION BY r.opportunity_id ORDER BY r._cq_sync_time DESC, r._cq_id DESC) AS copy_number
  FROM {{ source('clari', 'clari_opportunities') }} r
) k
WHERE k.copy_number = 1
