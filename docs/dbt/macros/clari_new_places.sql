{# Places (forecast_key) with an export that landed after the newest one that the model has. #}
{% macro clari_new_places() %}
SELECT x.forecast_key
FROM {{ source('clari', 'clari_forecast_exports') }} x
LEFT JOIN (SELECT t.forecast_key, MAX(t.exported_at) AS done_until FROM {{ this }} t GROUP BY t.forecast_key) d ON d.forecast_key = x.forecast_key
WHERE x.outcome IN ('exported', 'adopted', 'landed_again')
GROUP BY x.forecast_key
HAVING MAX(d.done_until) IS NULL OR MAX(x.exported_at) > MAX(d.done_until)
{% endmacro %}
