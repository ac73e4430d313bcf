-- Who is connected to a database, the longest first: up to ten.
-- Parameters: $1 its name. Minimum version: 14.
SELECT pg_catalog.format(
        'pid %s, %s as %s, for %s s: %s', a.pid, coalesce(nullif(a.application_name, ''), 'a session'), a.usename,
        extract(epoch FROM clock_timestamp() - a.backend_start)::int, left(a.query, 200)) AS session
FROM pg_catalog.pg_stat_activity AS a
WHERE a.datname = $1
    AND a.backend_type = 'client backend'
    AND a.pid <> pg_catalog.pg_backend_pid()
ORDER BY a.backend_start
LIMIT 10
