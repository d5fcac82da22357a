-- relation: comparison
-- grain: one row per (place, position); rows of missing values only for the runs that are columns
-- reads: selected_cell, selected_run, row_key, row_meaning
--
-- What is equal (design.md, "Exactness"): numeric text by its exact decimal value where the whole
-- row is numeric text; metrics as doubles, NaN equal to NaN; everything else by type and text, of
-- which `value` is the number (0 where it is missing, 1 for a metric that its double tells).
-- A delta that rounds to nothing between unequal numbers (2^53 and 2^53 + 1) is left out.
-- `digits` is the shortest text that reads back to a metric's double; no text comes from a record.
WITH
baseline AS (
    SELECT selected_cell.*
    FROM selected_cell
    INNER JOIN selected_run ON selected_run.position = selected_cell.position
    WHERE selected_run.is_baseline
),
meant AS (
    SELECT
        row_meaning.place,
        row_key.section,
        row_key.key,
        row_key.is_numeric_text,
        CASE WHEN row_meaning.direction = 'higher' THEN row_key.highest
            WHEN row_meaning.direction = 'lower' THEN row_key.lowest END AS best,
        CASE WHEN row_meaning.direction = 'higher' THEN row_key.lowest
            WHEN row_meaning.direction = 'lower' THEN row_key.highest END AS worst,
        baseline.position AS base_position,
        baseline.value AS base_value,
        baseline.number AS base_number,
        baseline.numeric AS base_numeric
    FROM row_key
    INNER JOIN row_meaning
        ON row_meaning.section = row_key.section AND row_meaning.key = row_key.key
    LEFT JOIN baseline ON baseline.section = row_key.section AND baseline.key = row_key.key
),
missing AS (
    SELECT meant.section, meant.key, selected_run.position
    FROM meant
    CROSS JOIN selected_run
    WHERE selected_run.is_column
    EXCEPT
    SELECT selected_cell.section, selected_cell.key, selected_cell.position
    FROM selected_cell
    INNER JOIN selected_run ON selected_run.position = selected_cell.position
    WHERE selected_run.is_column
),
slot AS (
    SELECT section, key, position, value, number, numeric, TRUE AS is_present
    FROM selected_cell
    UNION ALL
    SELECT
        section, key, position, 0 AS value, CAST(NULL AS DOUBLE) AS number,
        CAST(NULL AS INTEGER) AS numeric, FALSE AS is_present
    FROM missing
),
compared AS (
    SELECT
        meant.place,
        slot.section,
        slot.position,
        slot.value,
        slot.number,
        slot.is_present,
        meant.best,
        meant.worst,
        CASE
            WHEN slot.is_present <> (meant.base_value IS NOT NULL) THEN TRUE
            WHEN NOT slot.is_present THEN FALSE
            WHEN meant.is_numeric_text THEN slot.numeric <> meant.base_numeric
            WHEN slot.value <> meant.base_value THEN TRUE
            WHEN slot.section <> 1 THEN FALSE
            ELSE slot.number <> meant.base_number
                AND NOT (slot.number <> slot.number AND meant.base_number <> meant.base_number)
        END AS differs,
        CASE WHEN meant.is_numeric_text OR meant.base_numeric IS NULL THEN meant.base_number END
            AS base_quantity,
        CASE WHEN meant.is_numeric_text OR slot.numeric IS NULL THEN slot.number END AS quantity,
        slot.position = meant.base_position AS is_baseline
    FROM slot
    INNER JOIN meant ON meant.section = slot.section AND meant.key = slot.key
),
changed AS (
    SELECT
        *,
        CASE WHEN NOT is_baseline THEN quantity - base_quantity END AS change
    FROM compared
),
measured AS (
    SELECT
        *,
        CASE
            WHEN ABS(change) < CAST('Infinity' AS DOUBLE) AND (change <> 0 OR NOT differs)
            THEN change
        END AS delta
    FROM changed
)
SELECT
    place,
    position,
    value,
    number,
    is_present,
    differs,
    delta,
    CASE
        WHEN ABS(delta / NULLIF(ABS(base_quantity), 0)) < CAST('Infinity' AS DOUBLE)
        THEN delta / NULLIF(ABS(base_quantity), 0)
    END AS relative_change,
    COALESCE(best <> worst AND number = best, FALSE) AS is_best,
    COALESCE(best <> worst AND number = worst, FALSE) AS is_worst,
    CASE
        WHEN section <> 1 THEN NULL
        WHEN value = 0 THEN ''
        WHEN value <> 1 THEN NULL
        WHEN number <> number OR number = CAST('NaN' AS DOUBLE) THEN 'NaN'
        WHEN number = CAST('Infinity' AS DOUBLE) THEN 'Infinity'
        WHEN number = CAST('-Infinity' AS DOUBLE) THEN '-Infinity'
        ELSE CAST(number AS VARCHAR)
    END AS digits
FROM measured
ORDER BY place, position
