-- INVALID indexes that a half done migration speaks of.
-- Minimum version: 14.
SELECT n.nspname::text AS schema, c.relname::text AS name, i.indisvalid AS is_valid,
       i.indexrelid::bigint AS oid, i.indrelid::bigint AS table_oid
FROM pg_catalog.pg_index AS i
JOIN pg_catalog.pg_class AS c ON c.oid = i.indexrelid
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE NOT i.indisvalid
  AND c.relname !~ '_cc(new|old)[0-9]*$'
  AND EXISTS (SELECT FROM dbctl.migrations AS m
              JOIN dbctl.migration_texts AS t USING (checksum)
              WHERE m.state <> 'applied' AND position(convert_to(c.relname::text, 'UTF8') IN t.content) > 0)
ORDER BY 1, 2
