{% test clari_known(model, column_name, to) %}
SELECT c.forecast_key, c.{{ column_name }}
FROM {{ model }} c
LEFT JOIN {{ to }} o ON o.forecast_key = c.forecast_key AND o.{{ column_name }} = c.{{ column_name }}
WHERE o.forecast_key IS NULL
{% endtest %}
