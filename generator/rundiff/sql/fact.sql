-- relation: fact
-- grain: one row per run that has a cell in a row ($row)
-- reads: cell
SELECT run, value, number
FROM cell
WHERE row = $row
ORDER BY run
