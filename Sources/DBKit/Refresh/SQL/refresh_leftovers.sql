-- Tables that an interrupted refresh left behind, each with the key of the lock that a living one holds.
-- No parameters. Minimum version: 14.
SELECT c.relname AS name, pg_catalog.substring(c.relname::text, '[0-9]+$')::bigint AS target
FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname = 'dbctl' AND c.relkind = 'r' AND c.relname ~ '^refresh_(staging|delta)_[0-9]{1,18}$'
ORDER BY c.relname
