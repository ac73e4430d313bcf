-- Who keeps the tables of a restore busy: the sessions that hold a lock on one of them, the longest first.
-- Parameters: $1 the tables as to_regclass reads them. Minimum version: 14.
SELECT DISTINCT
    l.pid,
    c.oid::regclass::text AS name,
    coalesce(extract(epoch FROM clock_timestamp() - a.xact_start), 0)::float8 AS age,
    coalesce(left(a.query, 200), '') AS query
FROM unnest($1::text[]) AS w (name)
JOIN pg_catalog.pg_class AS c ON c.oid = pg_catalog.to_regclass(w.name)
JOIN pg_catalog.pg_locks AS l
    ON l.relation = c.oid AND l.locktype = 'relation'
    AND l.database = (SELECT d.oid FROM pg_catalog.pg_database AS d WHERE d.datname = pg_catalog.current_database())
LEFT JOIN pg_catalog.pg_stat_activity AS a ON a.pid = l.pid
WHERE l.granted AND l.pid <> pg_catalog.pg_backend_pid()
ORDER BY age DESC
LIMIT 3
