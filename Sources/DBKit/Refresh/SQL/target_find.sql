-- The table that a feed names.
-- $1 its oid. Minimum version: 14.
SELECT c.oid::bigint AS oid,
       n.nspname AS schema,
       c.relname AS name,
       c.relkind::text AS kind,
       pg_catalog.row_security_active(c.oid) AS has_row_security,
       EXISTS (SELECT FROM pg_catalog.pg_rewrite AS r WHERE r.ev_class = c.oid AND r.ev_type <> '1') AS has_rules,
       c.relkind = 'r' AND EXISTS (SELECT FROM pg_catalog.pg_inherits AS h WHERE h.inhparent = c.oid) AS has_children,
       -- 1 row, 2 before, 4 insert, 16 update; 64 instead
       EXISTS (SELECT FROM pg_catalog.pg_trigger AS g
               WHERE g.tgrelid = ANY (ARRAY(SELECT p.relid FROM pg_catalog.pg_partition_tree(c.oid) AS p) || c.oid)
                 AND NOT g.tgisinternal AND g.tgenabled IN ('O', 'A') AND g.tgtype & 3 = 3 AND g.tgtype & 20 <> 0
              ) AS has_row_triggers,
       coalesce((SELECT option_value::int FROM pg_catalog.pg_options_to_table(c.reloptions)
                 WHERE option_name = 'fillfactor'), 100) AS fillfactor,
       pg_catalog.has_table_privilege(c.oid, 'SELECT') AS may_select,
       pg_catalog.has_table_privilege(c.oid, 'INSERT')
           OR pg_catalog.has_any_column_privilege(c.oid, 'INSERT') AS may_insert,
       pg_catalog.has_table_privilege(c.oid, 'UPDATE')
           OR pg_catalog.has_any_column_privilege(c.oid, 'UPDATE') AS may_update
FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.oid = $1::bigint::oid
