-- relation: selected_cell
-- grain: one row per (section, key, run_id) of the runs of the selection
-- reads: cell, selected_run
SELECT
    cell.section,
    cell.key,
    selected_run.run_id,
    cell.type,
    cell.value,
    cell.number,
    cell.numeric
FROM cell
INNER JOIN selected_run ON selected_run.run_id = cell.run_id
