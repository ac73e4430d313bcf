-- An index by its schema and name, of one table.
-- $1 the table's oid, $2 the schema, $3 the name. Minimum version: 14.
SELECT i.indexrelid::bigint AS oid
FROM pg_catalog.pg_index AS i
     JOIN pg_catalog.pg_class AS c ON c.oid = i.indexrelid
     JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE i.indrelid = $1::bigint::oid AND n.nspname = $2 AND c.relname = $3
