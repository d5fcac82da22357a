-- relation: row_key
-- grain: one row per row that any run of the selection has
-- reads: cell, selected_run
--
-- `lowest` and `highest` are over finite numbers: an engine takes NaN for the greatest of all.
-- `is_numeric_text`: every value of the row is text that is a number, as MLflow stores params.
SELECT
    cell.row,
    COUNT(*) AS runs,
    COUNT(*) = COUNT(cell.numeric) AS is_numeric_text,
    MIN(CASE WHEN ABS(cell.number) < CAST('Infinity' AS DOUBLE) THEN cell.number END) AS lowest,
    MAX(CASE WHEN ABS(cell.number) < CAST('Infinity' AS DOUBLE) THEN cell.number END) AS highest
FROM cell
INNER JOIN selected_run ON selected_run.run = cell.run
GROUP BY cell.row
ORDER BY cell.row
