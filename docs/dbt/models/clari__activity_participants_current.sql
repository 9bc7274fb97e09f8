{{ config(enabled=var('clari_using_activities', false)) }}
-- Made by make gen from docs/queries/clari_activity_participants_current.sql, where its comment is.
SELECT
  k._cq_id, k.activity_id, k.participant_id, k.name, k.email, k.crm_user_id, k.is_internal, k.extra
FROM (
  SELECT r.*, ROW_NUMBER() OVER (PARTITION BY r.activity_id, r.participant_id ORDER BY r._cq_sync_time DESC, r._cq_id DESC) AS copy_number
  FROM {{ source('clari', 'clari_activity_participants') }} r
) k
WHERE k.copy_number = 1
