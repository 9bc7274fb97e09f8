{# PostgreSQL plans the questions well once it knows the mart. #}
{% macro clari_analyze() %}{% if target.type == 'postgres' %}ANALYZE {{ this }}{% endif %}{% endmacro %}
