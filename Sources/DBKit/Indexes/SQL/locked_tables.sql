-- Tables and indexes that somebody has locked so that nobody can even look at them. Minimum version: 14.
SELECT DISTINCT l.relation::bigint AS oid, pg_catalog.format('%I.%I', n.nspname, c.relname) AS name
FROM pg_catalog.pg_locks AS l
     JOIN pg_catalog.pg_class AS c ON c.oid = l.relation
     JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE l.locktype = 'relation'
  AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database())
  AND l.mode = 'AccessExclusiveLock'
  AND l.granted
  AND l.pid IS DISTINCT FROM pg_catalog.pg_backend_pid()
  AND n.nspname NOT LIKE 'pg\_%'
ORDER BY name
