-- relation: metric_value
-- grain: one row per (run, key): the one number that stands for a series
-- reads: metric_summary, metric_choice(run, key, value): numbers chosen instead of the last ones
SELECT
    metric_summary.run,
    metric_summary.key,
    CASE WHEN metric_choice.run IS NULL THEN metric_summary.last ELSE metric_choice.value END
        AS value,
    CASE WHEN metric_choice.run IS NULL THEN metric_summary.exact END AS exact
FROM metric_summary
LEFT JOIN metric_choice
    ON metric_choice.run = metric_summary.run AND metric_choice.key = metric_summary.key
