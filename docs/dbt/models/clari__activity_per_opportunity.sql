{{ config(enabled=var('clari_using_activities', false) and var('clari_using_opportunities', false)) }}
-- Made by make gen from docs/queries/activity_per_opportunity.sql, where its comment is.
WITH weeks AS (
  SELECT a.activity_id, MAX(w.start_date) AS start_date
  FROM {{ ref('clari__activities_current') }} a
  JOIN {{ ref('clari__forecast_time_frames_current') }} w ON DATE(a.occurred_at) BETWEEN w.start_date AND w.end_date
  GROUP BY a.activity_id
),
guests AS (
  SELECT activity_id, COUNT(*) AS external
  FROM {{ ref('clari__activity_participants_current') }}
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
FROM {{ ref('clari__activity_opportunities_current') }} o
JOIN {{ ref('clari__activities_current') }} a ON a.activity_id = o.activity_id
JOIN weeks w ON w.activity_id = a.activity_id
LEFT JOIN guests g ON g.activity_id = a.activity_id
LEFT JOIN {{ ref('clari__opportunities_current') }} c ON c.opportunity_id = o.opportunity_id
GROUP BY o.opportunity_id, w.start_date
ORDER BY o.opportunity_id, w.start_date
