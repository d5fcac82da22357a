-- relation: run_cell
-- grain: one row per row that one run ($run) has
-- reads: cell
SELECT row, value, number, numeric
FROM cell
WHERE run = $run
