-- relation: series_length
-- grain: one row per (key, run) that has a history, in the order of `series`
-- reads: metric_point
SELECT
    key,
    run,
    COUNT(*) AS points
FROM metric_point
WHERE value IS NOT NULL
GROUP BY key, run
ORDER BY key, run
