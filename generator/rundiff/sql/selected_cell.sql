-- relation: selected_cell
-- grain: one row per (section, key, position) of the runs of the selection
-- reads: cell, selected_run
SELECT
    cell.section,
    cell.key,
    selected_run.position,
    cell.value,
    cell.number,
    cell.numeric
FROM cell
INNER JOIN selected_run ON selected_run.run = cell.run
