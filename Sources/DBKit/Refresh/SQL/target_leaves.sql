-- The partitions of a table that hold its rows.
-- $1 the table's oid. Minimum version: 14.
SELECT n.nspname AS schema, c.relname AS name
FROM pg_catalog.pg_partition_tree($1::bigint::oid::regclass) AS p
     JOIN pg_catalog.pg_class AS c ON c.oid = p.relid
     JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE p.isleaf
ORDER BY n.nspname, c.relname
