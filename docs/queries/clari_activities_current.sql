-- What is the newest version of each row of clari_activities?
-- In append mode the table has a row for each sync that saw it; here it has one.
CREATE VIEW clari_activities_current AS
SELECT
  k._cq_id, k.job_id, k.exported_at, k.activity_id, k.activity_type, k.subject, k.occurred_at, k.owner_crm_user_id,
  k.organizer_crm_user_id, k.extra
FROM (
  SELECT r.*, ROW_NUMBER() OVER (PARTITION BY r.activity_id ORDER BY r._cq_sync_time DESC, r._cq_id DESC) AS copy_number
  FROM clari_activities r
) k
WHERE k.copy_number = 1;
