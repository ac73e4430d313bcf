-- The triggers that rows of a table and its partitions pass before they are updated, and that may change them.
-- $1 the table's oid, $2 the columns that are set. Minimum version: 14.
SELECT DISTINCT g.tgname AS name
FROM pg_catalog.pg_trigger AS g
WHERE g.tgrelid = ANY (ARRAY(SELECT p.relid FROM pg_catalog.pg_partition_tree($1::bigint::oid::regclass) AS p) || $1::bigint::oid)
  -- 1 row, 2 before, 16 update
  AND NOT g.tgisinternal AND g.tgenabled IN ('O', 'A') AND g.tgtype & 19 = 19
  AND (g.tgattr::text = ''
       OR EXISTS (SELECT FROM pg_catalog.pg_attribute AS a
                  WHERE a.attrelid = g.tgrelid AND a.attnum = ANY (g.tgattr::int2[]) AND a.attname = ANY ($2::text[])))
ORDER BY g.tgname
