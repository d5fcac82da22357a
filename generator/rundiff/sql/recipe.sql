-- relation: recipe
-- grain: one row per (run, part), a part being the cell of one recipe_row
-- reads: cell, asked_run(run), recipe_row(row)
--
-- Runs are of one recipe where their parts are equal. A part is the row in its upper 32 bits and
-- below them the value; numeric text is equal by its exact decimal value, whose number is counted
-- down from -1, away from those of other values.
SELECT
    cell.run,
    CAST(cell.row AS BIGINT) * 4294967296
    + CASE WHEN cell.numeric IS NULL THEN cell.value ELSE -1 - cell.numeric END AS part
FROM cell
INNER JOIN asked_run ON asked_run.run = cell.run
INNER JOIN recipe_row ON recipe_row.row = cell.row
ORDER BY cell.run, part
