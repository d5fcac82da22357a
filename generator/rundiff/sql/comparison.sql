-- relation: comparison
-- grain: one row per (place, position); rows of missing values only for the runs that are columns
-- reads: compared_cell (those of the runs that are wanted, and missing_cell), row_meaning
--
-- `$baseline` is a run, whose cells are in row_meaning: few beside those of all runs.
-- What is equal (design.md, "Exactness"): numeric text by its exact decimal value where the whole
-- row is numeric text; metrics as doubles, NaN equal to NaN; everything else by type and text, of
-- which `value` is the number (0 where it is missing, 1 for a metric that its double tells).
-- A delta that rounds to nothing between unequal numbers (2^53 and 2^53 + 1) is left out.
-- `digits` is the shortest text that reads back to a finite double; no text comes from a record.
-- Rows are sorted before they get the columns that can wait, which is a tenth of the time (2026-11).
WITH
meant AS (
    SELECT
        place,
        row,
        is_numeric_text,
        value,
        number,
        COALESCE(numeric, -1) AS numeric,
        CASE WHEN is_numeric_text OR numeric IS NULL THEN number END AS quantity,
        CASE WHEN is_numeric_text OR numeric IS NULL THEN NULLIF(ABS(number), 0) END AS size,
        CASE
            WHEN lowest = highest THEN NULL
            WHEN direction = 'higher' THEN highest
            WHEN direction = 'lower' THEN lowest
        END AS best,
        CASE
            WHEN lowest = highest THEN NULL
            WHEN direction = 'higher' THEN lowest
            WHEN direction = 'lower' THEN highest
        END AS worst
    FROM row_meaning
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
            WHEN slot.run <> $baseline AND (meant.is_numeric_text OR slot.numeric IS NULL)
            THEN slot.number - meant.quantity
        END AS change,
        meant.size,
        COALESCE(slot.number = meant.best, FALSE) AS is_best,
        COALESCE(slot.number = meant.worst, FALSE) AS is_worst
    FROM compared_cell AS slot
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
