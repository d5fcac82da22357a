-- relation: cell
-- grain: one row per (section, run, key)
-- reads: param, tag, environment, metric_value, artifact, dataset_value
--
-- Runs, keys and values are numbers (relation/codes.py); sections are, too, in the order of the
-- page. Value 1 is a metric that `number` tells; one that no double holds has a value of its own.
-- `numeric` is the number of the exact decimal value of numeric text.
SELECT 0 AS section, run, key, value, number, numeric
FROM param
UNION ALL
SELECT
    1 AS section,
    run,
    key,
    COALESCE(exact, 1) AS value,
    value AS number,
    CAST(NULL AS INTEGER) AS numeric
FROM metric_value
WHERE value IS NOT NULL
UNION ALL
SELECT 2 AS section, run, key, value, number, numeric
FROM tag
UNION ALL
SELECT 3 AS section, run, key, value, number, numeric
FROM dataset_value
UNION ALL
SELECT 4 AS section, run, key, value, number, numeric
FROM artifact
UNION ALL
SELECT 5 AS section, run, key, value, number, numeric
FROM environment
