-- relation: tagged_run
-- grain: one row per run that says it is the baseline
-- reads: tag, baseline_tag(key, value): what says so
SELECT DISTINCT tag.run
FROM tag
INNER JOIN baseline_tag ON baseline_tag.key = tag.key AND baseline_tag.value = tag.value
ORDER BY tag.run
