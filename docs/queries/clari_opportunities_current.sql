-- What is the newest version of each row of clari_opportunities?
-- In append mode the table has a row for each sync that saw it; here it has one.
CREATE VIEW clari_opportunities_current AS
SELECT
  k._cq_id, k.opportunity_id, k.crm_score, k.crm_score_message, k.observed_at, k.extra
FROM (
  SELECT r.*, ROW_NUMBER() OVER (PARTITION BY r.opportunity_id ORDER BY r._cq_sync_time DESC, r._cq_id DESC) AS copy_number
  FROM clari_opportunities r
) k
WHERE k.copy_number = 1;
