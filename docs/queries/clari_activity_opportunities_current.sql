-- What is the newest version of each row of clari_activity_opportunities?
-- In append mode the table has a row for each sync that saw it; here it has one.
CREATE VIEW clari_activity_opportunities_current AS
SELECT
  k._cq_id, k.activity_id, k.opportunity_id, k.opportunity_name, k.owner_crm_user_id, k.extra
FROM (
  SELECT r.*, ROW_NUMBER() OVER (PARTITION BY r.activity_id, r.opportunity_id ORDER BY r._cq_sync_time DESC, r._cq_id DESC) AS copy_number
  FROM clari_activity_opportunities r
) k
WHERE k.copy_number = 1;
