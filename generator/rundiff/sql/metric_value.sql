-- relation: metric_value
-- grain: one row per (run_id, key): the one number that stands for a series
-- reads: metric_summary, metric_choice(run_id, key, value): numbers chosen instead of the last ones
SELECT
    metric_summary.run_id,
    metric_summary.key,
    CASE WHEN metric_choice.run_id IS NULL THEN metric_summary.last ELSE metric_choice.value END
        AS value,
    CASE WHEN metric_choice.run_id IS NULL THEN metric_summary.exact END AS exact
FROM metric_summary
LEFT JOIN metric_choice
    ON metric_choice.run_id = metric_summary.run_id AND metric_choice.key = metric_summary.key
