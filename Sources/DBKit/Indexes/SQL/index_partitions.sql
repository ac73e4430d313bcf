-- A partitioned table and everything below it, from the top.
-- $1 its oid. Minimum version: 14.
SELECT c.oid::bigint AS oid,
       p.parentrelid::bigint AS parent,
       p.level,
       n.nspname AS schema,
       c.relname AS name,
       c.relkind::text AS kind,
       ARRAY(SELECT a.attname::text FROM pg_catalog.pg_attribute AS a
             WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum) AS columns
FROM pg_catalog.pg_partition_tree($1::bigint::oid) AS p
     JOIN pg_catalog.pg_class AS c ON c.oid = p.relid
     JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
ORDER BY p.level, n.nspname, c.relname
