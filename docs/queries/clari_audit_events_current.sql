-- What is the newest version of each row of clari_audit_events?
-- In append mode the table has a row for each sync that saw it; here it has one.
CREATE VIEW clari_audit_events_current AS
SELECT
  k._cq_id, k.event_id, k.occurred_at, k.actor_id, k.actor_type, k.impersonating_actor_id, k.session_id, k.session_type,
  k.ip_address, k.event, k.event_parameters, k.correlation_id, k.extra
FROM (
  SELECT r.*, ROW_NUMBER() OVER (PARTITION BY r.event_id ORDER BY r._cq_sync_time DESC, r._cq_id DESC) AS copy_number
  FROM clari_audit_events r
) k
WHERE k.copy_number = 1;
