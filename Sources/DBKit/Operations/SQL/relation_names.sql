-- Tables that somebody may have meant. No parameters. Minimum version: 14.
SELECT n.nspname AS schema, c.relname AS name
FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'm') AND NOT c.relispartition
  AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'dbctl')
ORDER BY n.nspname = 'public' DESC, n.nspname, c.relname LIMIT 10000
