-- relation: chosen_cell
-- grain: one row per (row, run)
-- reads: cell, metric_choice(row, run, value): numbers chosen instead of the last ones
SELECT
    cell.row,
    cell.run,
    CASE WHEN metric_choice.row IS NULL THEN cell.value ELSE 1 END AS value,
    CASE WHEN metric_choice.row IS NULL THEN cell.number ELSE metric_choice.value END AS number,
    cell.numeric
FROM cell
LEFT JOIN metric_choice ON metric_choice.row = cell.row AND metric_choice.run = cell.run
WHERE metric_choice.row IS NULL OR metric_choice.value IS NOT NULL
