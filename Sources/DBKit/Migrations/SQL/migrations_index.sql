-- An index of a table.
-- $1 the table, as to_regclass() wants it, $2 the index's name.
-- Minimum version: 14.
SELECT n.nspname::text AS schema, c.relname::text AS name, i.indisvalid AS is_valid,
       i.indexrelid::bigint AS oid, i.indrelid::bigint AS table_oid
FROM pg_catalog.pg_index AS i
JOIN pg_catalog.pg_class AS c ON c.oid = i.indexrelid
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE i.indrelid = to_regclass($1) AND c.relname = $2
