-- The foreign keys of a table, as they are made again elsewhere; of a partitioned one also those that only its partitions
-- have so far. To be run with search_path = pg_catalog.
-- $1 its oid. Minimum version: 14.
SELECT DISTINCT ON (k.conname) k.conname AS name,
       pg_catalog.regexp_replace(pg_catalog.pg_get_constraintdef(k.oid), ' NOT VALID$', '') AS definition,
       pg_catalog.obj_description(k.oid, 'pg_constraint') AS comment
FROM pg_catalog.pg_constraint AS k
WHERE (k.conrelid = $1::bigint::oid
       OR k.conrelid IN (SELECT t.relid FROM pg_catalog.pg_partition_tree($1::bigint::oid) AS t WHERE t.isleaf))
  AND k.contype = 'f' AND k.conparentid = 0
ORDER BY k.conname, k.conrelid <> $1::bigint::oid
