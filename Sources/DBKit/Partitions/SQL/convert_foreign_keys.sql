-- The foreign keys of a table, as they are made again elsewhere. To be run with search_path = pg_catalog.
-- $1 its oid. Minimum version: 14.
SELECT k.conname AS name,
       pg_catalog.regexp_replace(pg_catalog.pg_get_constraintdef(k.oid), ' NOT VALID$', '') AS definition,
       k.convalidated AS is_valid,
       pg_catalog.obj_description(k.oid, 'pg_constraint') AS comment,
       k.confrelid::bigint AS referenced
FROM pg_catalog.pg_constraint AS k
WHERE k.conrelid = $1::bigint::oid AND k.contype = 'f' AND k.conparentid = 0
ORDER BY k.conname
