-- What interrupted runs of dbctl have left of partitioned tables: tables that are no partition yet, and the CHECK on a
-- default partition. They carry the constraint and its comment; a name alone says nothing.
-- $1 the constraint's name, $2 oids of the default partitions. Minimum version: 14.
SELECT c.oid::bigint AS oid,
       n.nspname AS schema,
       c.relname AS name,
       c.relispartition AS is_fallback,
       pg_catalog.obj_description(k.oid, 'pg_constraint') AS comment
FROM pg_catalog.pg_constraint AS k
     JOIN pg_catalog.pg_class AS c ON c.oid = k.conrelid
     JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE k.conname = $1
  AND k.contype = 'c'
  AND (NOT c.relispartition OR c.oid = ANY ($2::bigint[]::oid[]))
ORDER BY n.nspname, c.relname
