-- relation: fact
-- grain: one row per run that has a cell in the row that a filter or an order asks about
-- reads: cell, wanted_row(row)
SELECT cell.run, cell.value, cell.number
FROM cell
INNER JOIN wanted_row ON wanted_row.row = cell.row
ORDER BY cell.run
