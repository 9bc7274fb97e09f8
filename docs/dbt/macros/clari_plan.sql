{# PostgreSQL expects one row of most parts of a mart, and would join a million entries one by one. #}
{% macro clari_plan() %}{% if target.type == 'postgres' %}SET LOCAL enable_nestloop = off; SET LOCAL work_mem = '128MB'{% endif %}{% endmacro %}
