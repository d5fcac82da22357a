-- relation: recipe
-- grain: one row per (run, part), a part being the cell of one of some rows ($rows)
-- reads: cell, of some runs ($runs)
--
-- Runs are of one recipe where their parts are equal. A part is the row in its upper 32 bits and
-- below them the value; numeric text is equal by its exact decimal value, whose number is counted
-- down from -1, away from those of other values.
SELECT
    run,
    CAST(row AS BIGINT) * 4294967296
    + CASE WHEN numeric IS NULL THEN value ELSE -1 - numeric END AS part
FROM cell
WHERE run IN $runs AND row IN $rows
ORDER BY run, part
