-- relation: cell
-- grain: one row per (row, run)
-- reads: incoming(row, run, value, number, numeric): what is loaded, of all sections
--
-- Rows of the page, runs and values are numbers (relation/codes.py). Value 1 is a metric that
-- `number` tells; one that no double holds has a value of its own. `numeric` is the number of the
-- exact decimal value of numeric text. A metric of which no value is known is no cell.
SELECT row, run, value, number, numeric
FROM incoming
WHERE value <> 1 OR number IS NOT NULL
