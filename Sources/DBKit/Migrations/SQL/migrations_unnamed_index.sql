-- INVALID indexes of a table with names as the server chooses them.
-- $1 the table, as to_regclass() wants it.
-- Minimum version: 14.
SELECT n.nspname::text AS schema, c.relname::text AS name, i.indisvalid AS is_valid,
       i.indexrelid::bigint AS oid, i.indrelid::bigint AS table_oid
FROM pg_catalog.pg_index AS i
JOIN pg_catalog.pg_class AS c ON c.oid = i.indexrelid
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE i.indrelid = to_regclass($1) AND NOT i.indisvalid
  AND c.relname ~ '_(idx|excl|key)[0-9]*$'
-- The newest first.
ORDER BY i.indexrelid DESC
