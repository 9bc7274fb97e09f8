{{ config(enabled=var('clari_using_activities', false)) }}
-- Made by make gen from docs/queries/clari_activity_accounts_current.sql, where its comment is.
SELECT
  k._cq_id, k.activity_id, k.account_id, k.account_name, k.owner_crm_user_id, k.extra
FROM (
  SELECT r.*, ROW_NUMBER() OVER (PARTITION BY r.activity_id, r.account_id ORDER BY r._cq_sync_time DESC, r._cq_id DESC) AS copy_number
  FROM {{ source('clari', 'clari_activity_accounts') }} r
) k
WHERE k.copy_number = 1
