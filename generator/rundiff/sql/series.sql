-- relation: series
-- grain: one row per metric point; cut into series by series_length
-- reads: metric_point
SELECT
    COALESCE(metric_point.step, CAST(metric_point.seq AS DOUBLE), 0) AS step,
    COALESCE(metric_point.time, -1) AS time,
    metric_point.value
FROM metric_point
WHERE metric_point.value IS NOT NULL
ORDER BY
    metric_point.key,
    metric_point.run,
    step NULLS LAST,
    metric_point.time NULLS LAST,
    metric_point.seq NULLS LAST
