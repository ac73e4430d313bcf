-- Who holds a lock on tables, the oldest first, in words. Other sessions' texts need pg_read_all_stats.
-- $1 oids of the tables. Minimum version: 14.
SELECT format('pid %s (%s%s), %s for %s s%s', a.pid, coalesce(a.usename::text, 'unknown role'),
              CASE WHEN coalesce(a.application_name, '') <> '' THEN ', ' || a.application_name ELSE '' END,
              coalesce(a.state, 'in a state that is hidden'),
              coalesce(extract(epoch FROM clock_timestamp() - a.xact_start)::int, 0),
              CASE WHEN coalesce(a.query, '') <> '' THEN ': ' || left(a.query, 100) ELSE '' END) AS holder
FROM pg_catalog.pg_stat_activity AS a
WHERE a.pid <> pg_catalog.pg_backend_pid()
  AND EXISTS (SELECT FROM pg_catalog.pg_locks AS l
              WHERE l.pid = a.pid AND l.locktype = 'relation' AND l.granted
                AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database())
                AND l.relation = ANY ($1::bigint[]::oid[]))
ORDER BY a.xact_start
