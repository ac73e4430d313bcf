-- The names that are taken in a schema, of relations of every kind.
-- $1 the schema. Minimum version: 14.
SELECT c.relname AS name
FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname = $1
