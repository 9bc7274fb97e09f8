-- Made by make gen. The rows are the var clari_quota_pairs.
{% set pairs = var('clari_quota_pairs', []) %}
{% for pair in pairs %}
SELECT
  CAST('{{ pair.forecast_id }}' AS {{ dbt.type_string() }}) AS forecast_id, CAST('{{ pair.call_field }}' AS {{ dbt.type_string() }}) AS call_field,
  CAST('{{ pair.quota_field }}' AS {{ dbt.type_string() }}) AS quota_field
{% if not loop.last %}UNION ALL{% endif %}
{% else %}
SELECT f.forecast_id, f.name AS call_field, f.name AS quota_field FROM {{ source('clari', 'clari_forecast_fields') }} f WHERE 1 = 0
{% endfor %}
