-- What is the newest version of each row of clari_opportunity_fields?
-- In append mode the table has a row for each sync that saw it; here it has one.
CREATE VIEW clari_opportunity_fields_current AS
SELECT
  k._cq_id, k.opportunity_id, k.field_id, k.alias, k.value, k.original_value, k.trend, k.image_url, k.extra
FROM (
  SELECT r.*, ROW_NUMBER() OVER (PARTITION BY r.opportunity_id, r.field_id ORDER BY r._cq_sync_time DESC, r._cq_id DESC) AS copy_number
  FROM clari_opportunity_fields r
) k
WHERE k.copy_number = 1;
