-- Tables that an interrupted refresh left behind, each with the key of the lock that a living one holds.
-- No parameters. Minimum version: 14.
SELECT c.relname AS name, pg_catalog.split_part(c.relname::text, '_', 3)::bigint AS target,
       pg_catalog.pg_has_role(c.relowner, 'USAGE') AS is_ours
FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname = 'dbctl' AND c.relkind = 'r' AND c.relname ~ '^refresh_(staging|delta)_[0-9]{1,18}(_[0-9a-z]+)?$'
ORDER BY c.relname
