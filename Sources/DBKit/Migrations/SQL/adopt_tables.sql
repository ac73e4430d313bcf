-- Tables with the names that migration tools give their histories.
-- $1 the names.
-- Minimum version: 14.
SELECT n.nspname::text AS schema, c.relname::text AS name,
       ARRAY(SELECT a.attname::text FROM pg_catalog.pg_attribute AS a
             WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped) AS columns,
       array_position(current_schemas(false), n.nspname) IS NOT NULL AS is_on_path
FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p')
  AND c.relname = ANY ($1::text[])
  AND n.nspname NOT IN ('dbctl', 'information_schema') AND n.nspname !~ '^pg_'
ORDER BY array_position(current_schemas(false), n.nspname), 1, 2
