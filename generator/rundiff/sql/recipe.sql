-- relation: recipe
-- grain: one row per run_id of asked_run
-- reads: selected_cell, asked_run(run_id), ignored_key(key)
--
-- Runs of one number have equal params but for the ignored keys. Each part of a recipe's text
-- begins with its length, so that no key or value can be taken for another.
WITH part AS (
    SELECT
        selected_cell.run_id,
        selected_cell.key,
        selected_cell.type,
        CASE
            WHEN selected_cell.type = 'text'
            THEN COALESCE(selected_cell.numeric, selected_cell.value)
            ELSE selected_cell.value
        END AS value
    FROM selected_cell
    INNER JOIN asked_run ON asked_run.run_id = selected_cell.run_id
    LEFT JOIN ignored_key ON ignored_key.key = selected_cell.key
    WHERE selected_cell.section = 'params' AND ignored_key.key IS NULL
)
SELECT
    asked_run.run_id,
    DENSE_RANK() OVER (
        ORDER BY COALESCE(STRING_AGG(
            CAST(LENGTH(part.key) AS VARCHAR) || ':' || part.key
            || ':' || part.type || ':'
            || CAST(LENGTH(part.value) AS VARCHAR) || ':' || part.value,
            ',' ORDER BY part.key
        ), '')
    ) AS recipe
FROM asked_run
LEFT JOIN part ON part.run_id = asked_run.run_id
GROUP BY asked_run.run_id
ORDER BY asked_run.run_id
