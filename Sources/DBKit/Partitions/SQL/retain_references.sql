-- Foreign keys that refer to a partitioned table, to what it is a partition of, or to some of its partitions. One within
-- a partition goes with it.
-- $1 the table, $2 oids of the partitions. Minimum version: 14.
WITH tree AS (
    SELECT o.oid FROM pg_catalog.unnest($2::bigint[]::oid[]) AS o (oid)
    UNION
    SELECT t.relid FROM pg_catalog.unnest($2::bigint[]::oid[]) AS o (oid),
                        pg_catalog.pg_partition_tree(o.oid) AS t
)
SELECT k.conname AS name,
       k.conrelid::pg_catalog.regclass::text AS owner,
       k.confrelid::pg_catalog.regclass::text AS referenced
FROM pg_catalog.pg_constraint AS k
WHERE k.contype = 'f'
  AND k.conparentid = 0
  AND (k.confrelid IN (SELECT a.relid FROM pg_catalog.pg_partition_ancestors($1::bigint::oid) AS a)
       OR k.confrelid = $1::bigint::oid
       OR k.confrelid IN (SELECT oid FROM tree) AND k.conrelid NOT IN (SELECT oid FROM tree))
ORDER BY 2, 1
