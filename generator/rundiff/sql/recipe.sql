-- relation: recipe
-- grain: one row per run_id of asked_run
-- reads: param, asked_run(run_id), ignored_key(key)
--
-- Runs of one number have equal params but for the ignored keys. Each part of a recipe's text
-- begins with its length, so that no key or value can be taken for another.
WITH part AS (
    SELECT
        run_id,
        key,
        CASE WHEN type = 'text' THEN COALESCE(numeric, value) ELSE value END AS value,
        type
    FROM param
    WHERE key NOT IN (SELECT key FROM ignored_key)
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
