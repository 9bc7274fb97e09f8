-- What is the newest version of each row of clari_activity_accounts?
-- In append mode the table has a row for each sync that saw it; here it has one.
CREATE VIEW clari_activity_accounts_current AS
SELECT
  k._cq_id, k.activity_id, k.account_id, k.account_name, k.owner_crm_user_id, k.extra
FROM (
  SELECT r.*, ROW_NUMBER() OVER (PARTITION BY r.activity_id, r.account_id ORDER BY r._cq_sync_time DESC, r._cq_id DESC) AS copy_number
  FROM clari_activity_accounts r
) k
WHERE k.copy_number = 1;
