-- relation: series_length
-- grain: one row per (key, run) that has a history, in the order of `series`
-- reads: metric_point, selected_run
SELECT
    metric_point.key,
    selected_run.run,
    selected_run.position,
    COUNT(*) AS points
FROM metric_point
INNER JOIN selected_run ON selected_run.run = metric_point.run
WHERE metric_point.value IS NOT NULL
GROUP BY metric_point.key, selected_run.run, selected_run.position
ORDER BY metric_point.key, selected_run.position
