-- relation: comparison
-- grain: one row per (section, key, run_id); rows of missing values only for the compared runs
-- reads: selected_cell, selected_run, row_key, row_meaning
--
-- What is equal (design.md, "Exactness"): numeric text by its exact decimal value where the whole
-- row is numeric text; metrics as doubles, NaN equal to NaN; everything else by type and text.
-- A delta that rounds to nothing between unequal numbers (2^53 and 2^53 + 1) is left out.
WITH
meant AS (
    SELECT
        row_meaning.place,
        row_meaning.section,
        row_meaning.key,
        row_meaning.direction,
        row_meaning.unit,
        row_key.is_numeric_text,
        row_key.lowest,
        row_key.highest
    FROM row_key
    INNER JOIN row_meaning
        ON row_meaning.section = row_key.section AND row_meaning.key = row_key.key
),
baseline AS (
    SELECT
        selected_cell.section,
        selected_cell.key,
        selected_cell.type,
        selected_cell.value,
        selected_cell.number,
        selected_cell.numeric
    FROM selected_cell
    INNER JOIN selected_run ON selected_run.run_id = selected_cell.run_id
    WHERE selected_run.role = 'baseline'
),
against AS (
    SELECT
        meant.*,
        baseline.type AS base_type,
        baseline.value AS base_value,
        baseline.number AS base_number,
        baseline.numeric AS base_numeric,
        CASE
            WHEN baseline.type IN ('int', 'float') OR meant.is_numeric_text THEN baseline.number
        END AS base_quantity
    FROM meant
    LEFT JOIN baseline ON baseline.section = meant.section AND baseline.key = meant.key
),
missing AS (
    SELECT meant.section, meant.key, selected_run.run_id
    FROM meant
    CROSS JOIN selected_run
    WHERE selected_run.role <> 'other'
    EXCEPT
    SELECT selected_cell.section, selected_cell.key, selected_cell.run_id
    FROM selected_cell
    INNER JOIN selected_run ON selected_run.run_id = selected_cell.run_id
    WHERE selected_run.role <> 'other'
),
slot AS (
    SELECT section, key, run_id, type, value, number, numeric, TRUE AS is_present
    FROM selected_cell
    UNION ALL
    SELECT
        section, key, run_id, '' AS type, '' AS value, CAST(NULL AS DOUBLE) AS number,
        CAST(NULL AS VARCHAR) AS numeric, FALSE AS is_present
    FROM missing
),
compared AS (
    SELECT
        slot.*,
        against.place,
        against.direction,
        against.unit,
        against.lowest,
        against.highest,
        against.base_quantity,
        CASE
            WHEN slot.is_present <> (against.base_type IS NOT NULL) THEN TRUE
            WHEN NOT slot.is_present THEN FALSE
            WHEN slot.section = 'metrics' THEN
                (slot.number <> against.base_number
                    AND NOT (slot.value = 'NaN' AND against.base_value = 'NaN'))
                OR (COALESCE(slot.numeric, against.base_numeric) IS NOT NULL
                    AND slot.value <> against.base_value)
            WHEN against.is_numeric_text THEN slot.numeric <> against.base_numeric
            ELSE slot.type <> against.base_type OR slot.value <> against.base_value
        END AS differs,
        CASE
            WHEN slot.type IN ('int', 'float') OR against.is_numeric_text
            THEN slot.number - against.base_quantity
        END AS change
    FROM slot
    INNER JOIN against ON against.section = slot.section AND against.key = slot.key
),
measured AS (
    SELECT
        *,
        CASE
            WHEN ABS(change) < CAST('Infinity' AS DOUBLE) AND (change <> 0 OR NOT differs)
            THEN change
        END AS finite_change
    FROM compared
)
SELECT
    measured.section,
    measured.key,
    measured.run_id,
    selected_run.run_name,
    selected_run.position,
    selected_run.role,
    measured.type,
    measured.value,
    measured.number,
    measured.is_present,
    measured.differs,
    CASE WHEN selected_run.role <> 'baseline' THEN measured.finite_change END AS delta,
    CASE
        WHEN selected_run.role <> 'baseline'
            AND ABS(measured.finite_change / NULLIF(ABS(measured.base_quantity), 0))
            < CAST('Infinity' AS DOUBLE)
        THEN measured.finite_change / NULLIF(ABS(measured.base_quantity), 0)
    END AS relative_change,
    COALESCE(
        measured.lowest < measured.highest
        AND measured.number
        = CASE measured.direction
            WHEN 'higher' THEN measured.highest WHEN 'lower' THEN measured.lowest
        END,
        FALSE
    ) AS is_best,
    COALESCE(
        measured.lowest < measured.highest
        AND measured.number
        = CASE measured.direction
            WHEN 'higher' THEN measured.lowest WHEN 'lower' THEN measured.highest
        END,
        FALSE
    ) AS is_worst,
    measured.direction,
    measured.unit
FROM measured
INNER JOIN selected_run ON selected_run.run_id = measured.run_id
ORDER BY measured.place, selected_run.position
