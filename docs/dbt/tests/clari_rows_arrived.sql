SELECT * FROM {{ ref('clari_completeness') }} WHERE rows_missing > 0
