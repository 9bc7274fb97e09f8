{# What is there of each place (forecast_key), as a hash: how many rows each job has, and of which sync the newest is. #}
{% macro clari_there() %}
SELECT k.forecast_key, {{ dbt.hash(dbt.concat(["'c0ffc363c0ad'", dbt.listagg('k.part', "','", 'ORDER BY k.part')])) }} AS compared
FROM (
  {% for table in ['clari_forecast_exports', 'clari_forecast_entries', 'clari_forecast_users', 'clari_forecast_time_frames'] %}
  SELECT r.forecast_key, {{ dbt.concat(["'" ~ table ~ " '", "r.job_id", "' '", "CAST(COUNT(*) AS " ~ dbt.type_string() ~ ")", "' '",
    "CAST(MAX(r._cq_sync_time) AS " ~ dbt.type_string() ~ ")"]) }} AS part
  FROM {{ source('clari', table) }} r
  WHERE r.job_id IS NOT NULL {% if table == 'clari_forecast_exports' %}AND r.outcome IN ('exported', 'adopted', 'landed_again'){% endif %}

  GROUP BY r.forecast_key, r.job_id
  {% if not loop.last %}UNION ALL{% endif %}

  {% endfor %}
) k
GROUP BY k.forecast_key
{% endmacro %}
