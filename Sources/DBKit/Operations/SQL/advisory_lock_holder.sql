-- Who holds an advisory lock with a 64-bit key in this database, and what its run is doing.
-- $1 bigint: the key.
-- Minimum version: 14.
SELECT l.pid,
       coalesce(a.usename::text, '') AS role,
       coalesce(a.application_name, '') AS application_name,
       -- Hidden from a role that may not see others' sessions.
       extract(epoch FROM pg_catalog.clock_timestamp() - a.backend_start)::float8 AS age_s,
       coalesce(w.pid, l.pid) AS worker_pid,
       coalesce(left(coalesce(w.query, a.query), 200), '') AS query,
       coalesce(a.query = '<insufficient privilege>', false) AS is_hidden
FROM pg_catalog.pg_locks AS l
LEFT JOIN pg_catalog.pg_stat_activity AS a USING (pid)
-- The lock lives in a session of its own: what its run is doing is told by the one beside it.
LEFT JOIN LATERAL (SELECT b.pid, b.query
                   FROM pg_catalog.pg_stat_activity AS b
                   WHERE b.application_name = a.application_name AND b.application_name <> '' AND b.pid <> a.pid
                     AND b.datname = a.datname AND b.state <> 'idle'
                   ORDER BY b.query_start
                   LIMIT 1) AS w ON true
WHERE l.locktype = 'advisory'
  AND l.granted
  AND l.objsubid = 1
  AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database())
  AND l.classid = (($1::bigint >> 32) & 4294967295)::oid
  AND l.objid = ($1::bigint & 4294967295)::oid
