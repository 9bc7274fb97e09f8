-- Who uses Clari's API and starts exports, by day, and whose script uses up the export quota?
-- From the audit trail. An actor whose use on a day is far above the average of the days before is worth a question. Days are those of UTC.
-- api.accessed and the events that begin with export are what Clari is known to log; other names may be added to both lists.
WITH used AS (
  SELECT
    actor_id,
    COALESCE(actor_type, '') AS actor_type,
    DATE(occurred_at) AS day,
    SUM(CASE WHEN event LIKE 'api.%' THEN 1 ELSE 0 END) AS api_calls,
    SUM(CASE WHEN event LIKE 'export%' THEN 1 ELSE 0 END) AS exports,
    COUNT(DISTINCT ip_address) AS addresses,
    COUNT(DISTINCT session_id) AS sessions
  FROM clari_audit_events_current
  WHERE event LIKE 'api.%' OR event LIKE 'export%'
  GROUP BY actor_id, COALESCE(actor_type, ''), DATE(occurred_at)
)
SELECT
  u.day,
  u.actor_id,
  u.actor_type,
  a.name,
  a.email,
  u.api_calls,
  u.exports,
  u.addresses,
  u.sessions,
  AVG(u.api_calls + u.exports) OVER (
    PARTITION BY u.actor_id, u.actor_type ORDER BY u.day ROWS BETWEEN 7 PRECEDING AND 1 PRECEDING
  ) AS average_before
FROM used u
LEFT JOIN clari_audit_actors_current a ON a.actor_id = u.actor_id AND a.actor_type = u.actor_type
ORDER BY u.day DESC, u.api_calls + u.exports DESC, u.actor_id;
