-- What interrupted runs of dbctl have left of a partitioned table: tables that are no partition yet, and the CHECK on its
-- default partition. They carry the constraint and its comment; a name alone says nothing.
-- $1 the constraint's name, $2 how the comment begins, $3 the default partition's oid or 0. Minimum version: 14.
SELECT c.oid::bigint AS oid,
       n.nspname AS schema,
       c.relname AS name,
       c.oid = $3::bigint::oid AS is_fallback,
       pg_catalog.obj_description(k.oid, 'pg_constraint') AS comment,
       k.convalidated AS is_valid
FROM pg_catalog.pg_constraint AS k
     JOIN pg_catalog.pg_class AS c ON c.oid = k.conrelid
     JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE k.conname = $1
  AND k.contype = 'c'
  AND (c.oid = $3::bigint::oid
       OR NOT c.relispartition AND pg_catalog.starts_with(pg_catalog.obj_description(k.oid, 'pg_constraint'), $2))
ORDER BY c.relname
