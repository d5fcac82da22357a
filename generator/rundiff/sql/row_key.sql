-- relation: row_key
-- grain: one row per row that any run has
-- reads: cell
--
-- `lowest` and `highest` are over finite numbers: an engine takes NaN for the greatest of all.
-- `is_numeric_text`: every value of the row is text that is a number, as MLflow stores params.
SELECT
    row,
    COUNT(*) AS runs,
    COUNT(*) = COUNT(numeric) AS is_numeric_text,
    MIN(CASE WHEN ABS(number) < CAST('Infinity' AS DOUBLE) THEN number END) AS lowest,
    MAX(CASE WHEN ABS(number) < CAST('Infinity' AS DOUBLE) THEN number END) AS highest
FROM cell
GROUP BY row
ORDER BY row
