-- relation: tagged_run
-- grain: one row per run that says it is the baseline
-- reads: cell, baseline_tag(row, value): what says so
SELECT DISTINCT cell.run
FROM cell
INNER JOIN baseline_tag ON baseline_tag.row = cell.row AND baseline_tag.value = cell.value
ORDER BY cell.run
