-- relation: chosen_cell
-- grain: one row per (row, run)
-- reads: cell, metric_choice(row, run, value): numbers chosen instead of the last ones
--
-- A series of which no last value is known has no cell, but may have a chosen one.
SELECT cell.row, cell.run, cell.value, cell.number, cell.numeric
FROM cell
LEFT JOIN metric_choice ON metric_choice.row = cell.row AND metric_choice.run = cell.run
WHERE metric_choice.row IS NULL
UNION ALL
SELECT row, run, 1 AS value, value AS number, CAST(NULL AS INTEGER) AS numeric
FROM metric_choice
WHERE value IS NOT NULL
