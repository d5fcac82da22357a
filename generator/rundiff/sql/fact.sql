-- relation: fact
-- grain: one row per (section, key, run) that a filter or an order asks about
-- reads: cell, wanted_key(section, key)
SELECT cell.section, cell.key, cell.run, cell.value, cell.number
FROM cell
INNER JOIN wanted_key ON wanted_key.section = cell.section AND wanted_key.key = cell.key
ORDER BY cell.section, cell.key, cell.run
