-- What is the newest version of each row of clari_activity_participants?
-- In append mode the table has a row for each sync that saw it; here it has one.
CREATE VIEW clari_activity_participants_current AS
SELECT
  k._cq_id, k.activity_id, k.participant_id, k.name, k.email, k.crm_user_id, k.is_internal, k.extra
FROM (
  SELECT r.*, ROW_NUMBER() OVER (PARTITION BY r.activity_id, r.participant_id ORDER BY r._cq_sync_time DESC, r._cq_id DESC) AS copy_number
  FROM clari_activity_participants r
) k
WHERE k.copy_number = 1;
