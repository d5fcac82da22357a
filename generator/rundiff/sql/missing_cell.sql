-- relation: missing_cell
-- grain: one row per (row, run) without a cell, of the runs that are columns
-- reads: cell, column_run, row_meaning
SELECT row_meaning.row, column_run.run, 0 AS value, CAST(NULL AS DOUBLE) AS number, -1 AS numeric
FROM row_meaning
CROSS JOIN column_run
LEFT JOIN cell ON cell.row = row_meaning.row AND cell.run = column_run.run
WHERE cell.row IS NULL
