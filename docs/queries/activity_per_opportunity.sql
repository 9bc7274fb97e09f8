-- How much goes on around each opportunity, week by week, and how does Clari score it?
-- Weeks are those of the forecast: of the time frames that have landed; activities outside of them are left out. Where tabs have different weeks an
-- activity counts once, in the week that began last.
WITH weeks AS (
  SELECT a.activity_id, MAX(w.start_date) AS start_date
  FROM clari_activities_current a
  JOIN clari_forecast_time_frames_current w ON DATE(a.occurred_at) BETWEEN w.start_date AND w.end_date
  GROUP BY a.activity_id
),
guests AS (
  SELECT activity_id, COUNT(*) AS external
  FROM clari_activity_participants_current
  WHERE NOT COALESCE(is_internal, FALSE)
  GROUP BY activity_id
)
SELECT
  o.opportunity_id,
  MAX(o.opportunity_name) AS opportunity,
  w.start_date AS week,
  SUM(CASE WHEN a.activity_type = 'MEETING' THEN 1 ELSE 0 END) AS meetings,
  SUM(CASE WHEN a.activity_type = 'EMAIL_SENT' THEN 1 ELSE 0 END) AS emails_sent,
  SUM(CASE WHEN a.activity_type = 'EMAIL_RECEIVED' THEN 1 ELSE 0 END) AS emails_received,
  SUM(CASE WHEN a.activity_type LIKE 'ATTACHMENT%' THEN 1 ELSE 0 END) AS attachments,
  SUM(CASE WHEN g.external > 0 THEN 1 ELSE 0 END) AS with_customer,
  MAX(c.crm_score) AS crm_score
FROM clari_activity_opportunities_current o
JOIN clari_activities_current a ON a.activity_id = o.activity_id
JOIN weeks w ON w.activity_id = a.activity_id
LEFT JOIN guests g ON g.activity_id = a.activity_id
LEFT JOIN clari_opportunities_current c ON c.opportunity_id = o.opportunity_id
GROUP BY o.opportunity_id, w.start_date
ORDER BY o.opportunity_id, w.start_date;
