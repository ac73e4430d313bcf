-- What would keep tables from being dropped: objects that are no part of them and depend on them or on a part of them
-- (views, functions over the row type, defaults that use their sequences). A view stands for its rule.
-- $1 oids of the tables. Minimum version: 14.
WITH RECURSIVE part (root, classid, objid) AS (
    SELECT o.oid, 'pg_catalog.pg_class'::pg_catalog.regclass::oid, o.oid
    FROM pg_catalog.unnest($1::bigint[]::oid[]) AS o (oid)
    UNION
    SELECT p.root, d.classid, d.objid
    FROM part AS p
         JOIN pg_catalog.pg_depend AS d ON d.refclassid = p.classid AND d.refobjid = p.objid
    WHERE d.deptype IN ('i', 'a', 'P', 'S')
),
dependent AS (
    SELECT DISTINCT p.root, d.classid, d.objid
    FROM part AS p
         JOIN pg_catalog.pg_depend AS d ON d.refclassid = p.classid AND d.refobjid = p.objid
    WHERE d.deptype = 'n'
      AND NOT EXISTS (SELECT FROM part AS own
                      WHERE own.root = p.root AND own.classid = d.classid AND own.objid = d.objid)
)
SELECT DISTINCT d.root::pg_catalog.regclass::text AS owner,
       CASE WHEN r.rulename = '_RETURN'
            THEN pg_catalog.pg_describe_object('pg_catalog.pg_class'::pg_catalog.regclass, r.ev_class, 0)
            ELSE pg_catalog.pg_describe_object(d.classid, d.objid, 0) END AS name
FROM dependent AS d
     LEFT JOIN pg_catalog.pg_rewrite AS r
        ON d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass AND r.oid = d.objid
ORDER BY 1, 2
