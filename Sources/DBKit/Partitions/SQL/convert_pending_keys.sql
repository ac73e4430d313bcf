-- Foreign keys of a partitioned table, and of others to it, that are still to be validated. To be run with search_path =
-- pg_catalog.
-- $1 its oid. Minimum version: 14.
WITH leaves AS (
    SELECT t.relid FROM pg_catalog.pg_partition_tree($1::bigint::oid) AS t WHERE t.isleaf
)
-- Each partition has its own, and their parent will have one that they become part of.
SELECT pg_catalog.format('%I.%I', n.nspname, c.relname) AS place, k.conname AS name, true AS is_part,
       k.convalidated AS is_valid, pg_catalog.regexp_replace(pg_catalog.pg_get_constraintdef(k.oid), ' NOT VALID$', '') AS definition,
       pg_catalog.obj_description(k.oid, 'pg_constraint') AS comment
FROM pg_catalog.pg_constraint AS k JOIN leaves AS l ON l.relid = k.conrelid
     JOIN pg_catalog.pg_class AS c ON c.oid = k.conrelid
     JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE k.contype = 'f' AND k.conparentid = 0 AND k.conrelid <> $1::bigint::oid
UNION ALL
SELECT pg_catalog.format('%I.%I', n.nspname, c.relname), k.conname, false, k.convalidated,
       pg_catalog.regexp_replace(pg_catalog.pg_get_constraintdef(k.oid), ' NOT VALID$', ''),
       pg_catalog.obj_description(k.oid, 'pg_constraint')
FROM pg_catalog.pg_constraint AS k
     JOIN pg_catalog.pg_class AS c ON c.oid = k.conrelid
     JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE k.contype = 'f' AND k.conparentid = 0 AND NOT k.convalidated
  AND (k.conrelid = $1::bigint::oid OR k.confrelid = $1::bigint::oid)
ORDER BY place, name
