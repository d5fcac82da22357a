-- relation: missing_cell
-- grain: one row per (row, run) of which a run that is a column has no cell
-- reads: cell, column_run, row_key
SELECT row_key.row, column_run.run
FROM row_key
CROSS JOIN column_run
LEFT JOIN cell ON cell.row = row_key.row AND cell.run = column_run.run
WHERE cell.row IS NULL
