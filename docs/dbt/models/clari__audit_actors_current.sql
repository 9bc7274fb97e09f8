{{ config(enabled=var('clari_using_audit', false)) }}
-- Made by make gen from docs/queries/clari_audit_actors_current.sql, where its comment is.
SELECT
  k._cq_id, k.actor_id, k.actor_type, k.name, k.email, k.extra
FROM (
  SELECT r.*, ROW_NUMBER() OVER (PARTITION BY r.actor_id, r.actor_type ORDER BY r._cq_sync_time DESC, r._cq_id DESC) AS copy_number
  FROM {{ source('clari', 'clari_audit_actors') }} r
) k
WHERE k.copy_number = 1
