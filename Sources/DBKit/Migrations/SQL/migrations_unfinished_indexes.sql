-- INVALID indexes that a half done migration speaks of, without those that are being built.
-- Minimum version: 14.
SELECT n.nspname::text AS schema, c.relname::text AS name, i.indisvalid AS is_valid, false AS is_being_built,
       ''::text AS keys, NULL::text AS predicate
FROM pg_catalog.pg_index AS i
JOIN pg_catalog.pg_class AS c ON c.oid = i.indexrelid
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE NOT i.indisvalid
  AND c.relname !~ '_cc(new|old)[0-9]*$'
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_stat_progress_create_index AS p WHERE p.relid = i.indrelid)
  AND EXISTS (SELECT FROM dbctl.migrations AS m
              JOIN dbctl.migration_texts AS t USING (checksum)
              WHERE m.state <> 'applied' AND position(convert_to(c.relname::text, 'UTF8') IN t.content) > 0)
ORDER BY 1, 2
