-- relation: tagged_run
-- grain: one row per run that says it is the baseline
-- reads: tag
SELECT DISTINCT run_id
FROM tag
WHERE key IN ('baseline', 'rundiff.baseline') AND LOWER(value) IN ('true', '1', 'yes')
ORDER BY run_id NULLS LAST
