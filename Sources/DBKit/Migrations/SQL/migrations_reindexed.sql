-- What interrupted REINDEX CONCURRENTLY statements left, without those that are under way.
-- Minimum version: 14.
SELECT n.nspname::text AS schema, c.relname::text AS name, i.indisvalid AS is_valid, false AS is_being_built,
       ''::text AS keys, NULL::text AS predicate
FROM pg_catalog.pg_index AS i
JOIN pg_catalog.pg_class AS c ON c.oid = i.indexrelid
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE NOT i.indisvalid
  AND c.relname ~ '_cc(new|old)[0-9]*$'
  AND n.nspname !~ '^pg_toast'
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_stat_progress_create_index AS p WHERE p.relid = i.indrelid)
ORDER BY 1, 2
