-- What is the newest version of each row of clari_audit_actors?
-- In append mode the table has a row for each sync that saw it; here it has one.
CREATE VIEW clari_audit_actors_current AS
SELECT
  k._cq_id, k.actor_id, k.actor_type, k.name, k.email, k.extra
FROM (
  SELECT r.*, ROW_NUMBER() OVER (PARTITION BY r.actor_id, r.actor_type ORDER BY r._cq_sync_time DESC, r._cq_id DESC) AS copy_number
  FROM clari_audit_actors r
) k
WHERE k.copy_number = 1;
