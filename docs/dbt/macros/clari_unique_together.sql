{% test clari_unique_together(model, key) %}
SELECT {{ key | join(', ') }}
FROM {{ model }}
GROUP BY {{ key | join(', ') }}
HAVING COUNT(*) > 1
{% endtest %}
