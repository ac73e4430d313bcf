-- An index by the name that somebody typed, as the session's search_path sees it.
-- $1 the name. Minimum version: 14.
SELECT c.oid::bigint AS oid, i.indrelid::bigint AS table_oid
FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_index AS i ON i.indexrelid = c.oid
WHERE c.oid = pg_catalog.to_regclass($1)
