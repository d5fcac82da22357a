-- relation: comparison
-- grain: one row per (place, position); rows of missing values only for the runs that are columns
-- reads: cell, compared_cell (those of the runs that are wanted), column_run, row_meaning
--
-- What is equal (design.md, "Exactness"): numeric text by its exact decimal value where the whole
-- row is numeric text; metrics as doubles, NaN equal to NaN; everything else by type and text, of
-- which `value` is the number (0 where it is missing, 1 for a metric that its double tells).
-- A delta that rounds to nothing between unequal numbers (2^53 and 2^53 + 1) is left out.
-- `digits` is the shortest text that reads back to a finite double; no text comes from a record.
-- Rows are sorted before they get the columns that can wait, which is a tenth of the time (2026-11).
WITH
baseline AS (
    SELECT cell.row, cell.run, cell.value, cell.number, cell.numeric
    FROM cell
    INNER JOIN column_run ON column_run.run = cell.run
    WHERE column_run.is_baseline
),
meant AS (
    SELECT
        row_meaning.place,
        row_meaning.row,
        row_meaning.is_numeric_text,
        CASE
            WHEN row_meaning.lowest = row_meaning.highest THEN NULL
            WHEN row_meaning.direction = 'higher' THEN row_meaning.highest
            WHEN row_meaning.direction = 'lower' THEN row_meaning.lowest
        END AS best,
        CASE
            WHEN row_meaning.lowest = row_meaning.highest THEN NULL
            WHEN row_meaning.direction = 'higher' THEN row_meaning.lowest
            WHEN row_meaning.direction = 'lower' THEN row_meaning.highest
        END AS worst,
        baseline.run,
        COALESCE(baseline.value, 0) AS value,
        COALESCE(baseline.numeric, -1) AS numeric,
        baseline.number,
        CASE WHEN row_meaning.is_numeric_text OR baseline.numeric IS NULL THEN baseline.number END
            AS quantity,
        CASE
            WHEN row_meaning.is_numeric_text OR baseline.numeric IS NULL
            THEN NULLIF(ABS(baseline.number), 0)
        END AS size
    FROM row_meaning
    LEFT JOIN baseline ON baseline.row = row_meaning.row
),
slot AS (
    SELECT row, run, value, number, numeric
    FROM compared_cell
    UNION ALL
    SELECT
        row_meaning.row, column_run.run, 0 AS value, CAST(NULL AS DOUBLE) AS number, -1 AS numeric
    FROM row_meaning
    CROSS JOIN column_run
    LEFT JOIN cell ON cell.row = row_meaning.row AND cell.run = column_run.run
    WHERE cell.row IS NULL
),
compared AS (
    SELECT
        meant.place,
        slot.run AS position,
        slot.value,
        slot.number,
        CASE
            WHEN meant.is_numeric_text THEN slot.numeric <> meant.numeric
            WHEN slot.value <> 1 OR meant.value <> 1 THEN slot.value <> meant.value
            ELSE slot.number <> meant.number
                AND NOT (slot.number <> slot.number AND meant.number <> meant.number)
        END AS differs,
        CASE
            WHEN slot.run <> meant.run AND (meant.is_numeric_text OR slot.numeric IS NULL)
            THEN slot.number - meant.quantity
        END AS change,
        meant.size,
        COALESCE(slot.number = meant.best, FALSE) AS is_best,
        COALESCE(slot.number = meant.worst, FALSE) AS is_worst
    FROM slot
    INNER JOIN meant ON meant.row = slot.row
    ORDER BY meant.place, slot.run
),
measured AS (
    SELECT
        *,
        CASE
            WHEN ABS(change) < CAST('Infinity' AS DOUBLE) AND (change <> 0 OR NOT differs)
            THEN change
        END AS delta
    FROM compared
)
SELECT
    place,
    position,
    value,
    number,
    value <> 0 AS is_present,
    differs,
    delta,
    CASE WHEN ABS(delta / size) < CAST('Infinity' AS DOUBLE) THEN delta / size END
        AS relative_change,
    is_best,
    is_worst,
    CASE
        WHEN value = 0 THEN ''
        WHEN value = 1 AND ABS(number) < CAST('Infinity' AS DOUBLE) THEN CAST(number AS VARCHAR)
    END AS digits
FROM measured
