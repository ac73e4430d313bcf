-- What would be lost or broken with a table, beyond what is part of it: views, foreign keys of other tables, functions
-- over its row type, defaults that use its sequences. A part of it (index, constraint, owned sequence, partition, row
-- type) goes with it, and so what depends on a part counts, too. A view stands for its rule.
-- Parameters: $1 the table as to_regclass reads it. Minimum version: 14.
WITH RECURSIVE part (classid, objid) AS (
    SELECT 'pg_catalog.pg_class'::regclass::oid, pg_catalog.to_regclass($1)::oid
    UNION
    SELECT d.classid, d.objid
    FROM part AS p
    JOIN pg_catalog.pg_depend AS d ON d.refclassid = p.classid AND d.refobjid = p.objid
    WHERE d.deptype IN ('i', 'a', 'P', 'S')
),
dependent AS (
    SELECT DISTINCT d.classid, d.objid
    FROM part AS p
    JOIN pg_catalog.pg_depend AS d ON d.refclassid = p.classid AND d.refobjid = p.objid
    WHERE d.deptype = 'n'
        AND NOT EXISTS (SELECT FROM part AS own WHERE own.classid = d.classid AND own.objid = d.objid)
)
SELECT DISTINCT
    CASE WHEN r.ev_class IS NOT NULL AND r.rulename = '_RETURN'
        THEN pg_catalog.pg_describe_object('pg_catalog.pg_class'::regclass, r.ev_class, 0)
        ELSE pg_catalog.pg_describe_object(d.classid, d.objid, 0)
    END AS name
FROM dependent AS d
LEFT JOIN pg_catalog.pg_rewrite AS r ON d.classid = 'pg_catalog.pg_rewrite'::regclass AND r.oid = d.objid
ORDER BY name
