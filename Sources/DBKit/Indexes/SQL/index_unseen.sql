-- Of tables that nobody can look at, the indexes that may need a repair: as much as is known of them without a lock.
-- $1 oids of the tables. Minimum version: 14.
SELECT i.indrelid::bigint AS table_oid,
       tn.nspname AS schema,
       t.relname AS table_name,
       c.relname AS name,
       NOT (i.indisvalid AND i.indisready AND i.indislive) AS is_unusable
FROM pg_catalog.pg_index AS i
     JOIN pg_catalog.pg_class AS c ON c.oid = i.indexrelid
     JOIN pg_catalog.pg_class AS t ON t.oid = i.indrelid
     JOIN pg_catalog.pg_namespace AS tn ON tn.oid = t.relnamespace
WHERE i.indrelid = ANY ($1::bigint[]::oid[])
  AND (c.relkind = 'i' OR NOT c.relispartition)
ORDER BY tn.nspname, t.relname, c.relname
