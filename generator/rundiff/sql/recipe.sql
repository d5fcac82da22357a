-- relation: recipe
-- grain: one row per position of asked_run
-- reads: selected_cell, asked_run(position), ignored_key(section, key)
--
-- Runs of one number have equal params and data (sections 0 and 3) but for the ignored keys; numeric
-- text is equal by its exact decimal value, whose numbers are told from those of other values by an
-- "n".
WITH part AS (
    SELECT
        selected_cell.position,
        selected_cell.section,
        selected_cell.key,
        CASE
            WHEN selected_cell.numeric IS NULL THEN CAST(selected_cell.value AS VARCHAR)
            ELSE 'n' || CAST(selected_cell.numeric AS VARCHAR)
        END AS value
    FROM selected_cell
    INNER JOIN asked_run ON asked_run.position = selected_cell.position
    LEFT JOIN ignored_key
        ON ignored_key.section = selected_cell.section AND ignored_key.key = selected_cell.key
    WHERE selected_cell.section IN (0, 3) AND ignored_key.key IS NULL
)
SELECT
    asked_run.position,
    DENSE_RANK() OVER (
        ORDER BY COALESCE(STRING_AGG(
            CAST(part.section AS VARCHAR) || '/' || CAST(part.key AS VARCHAR) || ':' || part.value,
            ',' ORDER BY part.section, part.key
        ), '')
    ) AS recipe
FROM asked_run
LEFT JOIN part ON part.position = asked_run.position
GROUP BY asked_run.position
ORDER BY asked_run.position
