-- Made by make gen from resources/plugin/gen/examples. A time spine: one row a day. Leave it out if your project has one.
SELECT CAST(d.date_day AS DATE) AS date_day
FROM ({{ dbt.date_spine('day', "CAST('2015-01-01' AS DATE)", "CAST('2040-01-01' AS DATE)") }}) d
