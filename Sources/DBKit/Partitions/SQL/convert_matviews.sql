-- Materialized views over a relation, directly or over one another, each behind those that it reads. Their definitions are
-- written for the search_path of the session.
-- $1 the relation's oid. Minimum version: 14.
WITH RECURSIVE reading AS (
    SELECT $1::bigint::oid AS oid, 0 AS depth
    UNION
    SELECT r.ev_class, b.depth + 1
    FROM reading AS b
         JOIN pg_catalog.pg_depend AS d ON d.refclassid = 'pg_catalog.pg_class'::regclass AND d.refobjid = b.oid
              AND d.classid = 'pg_catalog.pg_rewrite'::regclass AND d.deptype = 'n'
         JOIN pg_catalog.pg_rewrite AS r ON r.oid = d.objid
         JOIN pg_catalog.pg_class AS v ON v.oid = r.ev_class AND v.relkind = 'm'
    WHERE v.oid <> b.oid
)
SELECT v.oid::bigint AS oid, n.nspname AS schema, v.relname AS name, v.relispopulated AS is_populated,
       pg_catalog.pg_get_viewdef(v.oid) AS definition,
       (SELECT pg_catalog.format(' WITH (%s)', pg_catalog.string_agg(pg_catalog.format('%s = %L', pg_catalog.split_part(o, '=', 1),
            pg_catalog.substr(o, pg_catalog.strpos(o, '=') + 1)), ', '))
        FROM pg_catalog.unnest(v.reloptions) AS o HAVING count(*) > 0) AS options,
       (SELECT t.spcname FROM pg_catalog.pg_tablespace AS t WHERE t.oid = v.reltablespace) AS tablespace,
       max(b.depth) AS depth
FROM reading AS b
     JOIN pg_catalog.pg_class AS v ON v.oid = b.oid AND v.relkind = 'm'
     JOIN pg_catalog.pg_namespace AS n ON n.oid = v.relnamespace
GROUP BY v.oid, n.nspname, v.relname, v.relispopulated, v.reloptions, v.reltablespace
ORDER BY max(b.depth), n.nspname, v.relname
