SELECT * FROM {{ ref('clari__completeness') }} WHERE rows_missing > 0
