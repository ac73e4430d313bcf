-- What interrupted runs of dbctl have left of partitioned tables: tables that are no partition yet, the CHECK on a default
-- partition, and the trigger with which one is being drained. They carry the constraint and its comment, or the trigger
-- with its comment; a name alone says nothing.
-- $1 the constraint's name, $2 oids of the default partitions, $3 the trigger's name. Minimum version: 14.
SELECT c.oid::bigint AS oid,
       n.nspname AS schema,
       c.relname AS name,
       CASE WHEN c.relispartition THEN 'check' ELSE 'table' END AS kind,
       pg_catalog.obj_description(k.oid, 'pg_constraint') AS comment,
       NOT c.relispartition
           AND pg_catalog.to_regclass(pg_catalog.format('%I.%I', n.nspname, 'dbctl_drain_' || c.oid)) IS NOT NULL AS is_drained
FROM pg_catalog.pg_constraint AS k
     JOIN pg_catalog.pg_class AS c ON c.oid = k.conrelid
     JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE k.conname = $1
  AND k.contype = 'c'
  AND (NOT c.relispartition OR c.oid = ANY ($2::bigint[]::oid[]))
UNION ALL
SELECT c.oid::bigint, n.nspname, c.relname, 'trigger', pg_catalog.obj_description(t.oid, 'pg_trigger'), false
FROM pg_catalog.pg_trigger AS t
     JOIN pg_catalog.pg_class AS c ON c.oid = t.tgrelid
     JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE t.tgname = $3
  AND c.oid = ANY ($2::bigint[]::oid[])
ORDER BY 2, 3
