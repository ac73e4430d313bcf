-- The sessions that hold a lock on any of these tables, the oldest transactions first.
-- $1 the tables' oids, $2 transactions younger than so many seconds are left out. Minimum version: 14.
SELECT pg_catalog.format('pid %s (%s), transaction open for %s s, %s: %s', a.pid,
                         pg_catalog.concat_ws(', ', a.usename, nullif(a.application_name, '')),
                         extract(epoch FROM now() - a.xact_start)::int, a.state, left(a.query, 200)) AS holder
FROM pg_catalog.pg_stat_activity AS a
WHERE a.pid <> pg_catalog.pg_backend_pid()
  AND a.pid IN (SELECT l.pid FROM pg_catalog.pg_locks AS l
                WHERE l.locktype = 'relation'
                  AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database())
                  AND l.relation = ANY ($1::bigint[]::oid[]) AND l.granted)
  AND coalesce(now() - a.xact_start, '0'::interval) >= pg_catalog.make_interval(secs => $2::float8)
ORDER BY a.xact_start
