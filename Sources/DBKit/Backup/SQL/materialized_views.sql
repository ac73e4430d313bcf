-- Populated materialized views and the materialized views that each reads from, through plain views too.
-- Parameters: none. Minimum version: 14.
WITH RECURSIVE reads(view, source) AS (
    SELECT c.oid, d.refobjid
      FROM pg_class c
      JOIN pg_rewrite w ON w.ev_class = c.oid
      JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = w.oid
                      AND d.refclassid = 'pg_class'::regclass AND d.refobjid <> c.oid
     WHERE c.relkind = 'm'
     UNION
    SELECT reads.view, d.refobjid
      FROM reads
      JOIN pg_class c ON c.oid = reads.source AND c.relkind = 'v'
      JOIN pg_rewrite w ON w.ev_class = c.oid
      JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = w.oid
                      AND d.refclassid = 'pg_class'::regclass AND d.refobjid <> c.oid
)
SELECT c.oid,
       ARRAY(SELECT DISTINCT reads.source FROM reads JOIN pg_class s ON s.oid = reads.source AND s.relkind = 'm'
              WHERE reads.view = c.oid) AS sources
  FROM pg_class c
 WHERE c.relkind = 'm' AND c.relispopulated
 ORDER BY c.oid
