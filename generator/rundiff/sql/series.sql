-- relation: series
-- grain: one row per metric point of the selected runs; cut into series by series_length
-- reads: metric_point, selected_run
SELECT
    COALESCE(metric_point.step, CAST(metric_point.seq AS DOUBLE), 0) AS step,
    COALESCE(metric_point.time, -1) AS time,
    metric_point.value
FROM metric_point
INNER JOIN selected_run ON selected_run.run = metric_point.run
WHERE metric_point.value IS NOT NULL
ORDER BY
    metric_point.key,
    selected_run.position,
    step NULLS LAST,
    metric_point.time NULLS LAST,
    metric_point.seq NULLS LAST
