-- relation: recipe
-- grain: one row per position of asked_run
-- reads: selected_cell, asked_run(position), ignored_key(key)
--
-- Runs of one number have equal params but for the ignored keys; numeric text is equal by its exact
-- decimal value, whose numbers are told from those of other values by an "n".
WITH part AS (
    SELECT
        selected_cell.position,
        selected_cell.key,
        CASE
            WHEN selected_cell.numeric IS NULL THEN CAST(selected_cell.value AS VARCHAR)
            ELSE 'n' || CAST(selected_cell.numeric AS VARCHAR)
        END AS value
    FROM selected_cell
    INNER JOIN asked_run ON asked_run.position = selected_cell.position
    LEFT JOIN ignored_key ON ignored_key.key = selected_cell.key
    WHERE selected_cell.section = 0 AND ignored_key.key IS NULL
)
SELECT
    asked_run.position,
    DENSE_RANK() OVER (
        ORDER BY COALESCE(STRING_AGG(
            CAST(part.key AS VARCHAR) || ':' || part.value, ',' ORDER BY part.key
        ), '')
    ) AS recipe
FROM asked_run
LEFT JOIN part ON part.position = asked_run.position
GROUP BY asked_run.position
ORDER BY asked_run.position
