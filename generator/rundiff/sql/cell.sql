-- relation: cell
-- grain: one row per (section, run_id, key)
-- reads: param, tag, environment, metric_value, artifact, dataset_value
--
-- A metric's text is the shortest that reads back to the same double, or the integer as recorded
-- where no double holds it (then `numeric` has it too). An artifact's value is its digest, or its
-- size where no digest is known.
SELECT 'params' AS section, run_id, key, type, value, number, numeric
FROM param
UNION ALL
SELECT
    'metrics' AS section,
    run_id,
    key,
    'float' AS type,
    CASE
        WHEN exact IS NOT NULL THEN exact
        WHEN value <> value OR value = CAST('NaN' AS DOUBLE) THEN 'NaN'
        WHEN value = CAST('Infinity' AS DOUBLE) THEN 'Infinity'
        WHEN value = CAST('-Infinity' AS DOUBLE) THEN '-Infinity'
        ELSE CAST(value AS VARCHAR)
    END AS value,
    value AS number,
    exact AS numeric
FROM metric_value
WHERE value IS NOT NULL
UNION ALL
SELECT 'tags' AS section, run_id, key, type, value, number, numeric
FROM tag
UNION ALL
SELECT 'datasets' AS section, run_id, key, type, value, number, numeric
FROM dataset_value
UNION ALL
SELECT
    'artifacts' AS section,
    run_id,
    path AS key,
    CASE WHEN COALESCE(sha256, '') = '' AND size IS NOT NULL THEN 'int' ELSE 'text' END AS type,
    COALESCE(NULLIF(sha256, ''), CAST(size AS VARCHAR), 'present') AS value,
    CASE WHEN COALESCE(sha256, '') = '' THEN CAST(size AS DOUBLE) END AS number,
    CAST(NULL AS VARCHAR) AS numeric
FROM artifact
UNION ALL
SELECT 'environment' AS section, run_id, key, type, value, number, numeric
FROM environment
