-- Ends one session, named by pid and time of birth in one statement: a pid alone may be another session's by now.
-- Who must not be ended is looked at here again, whatever the caller believes to have seen.
-- Parameters: $1 pid; $2 backend_start in microseconds since 1970.
-- Minimum version: 14.
WITH victim AS MATERIALIZED (
    SELECT a.pid,
           a.pid = pg_catalog.pg_backend_pid() AS is_own,
           a.backend_type,
           coalesce(r.rolsuper, false) AS is_superuser
    FROM pg_catalog.pg_stat_activity AS a
    LEFT JOIN pg_catalog.pg_roles AS r ON r.oid = a.usesysid
    WHERE a.pid = $1::int4
      AND (extract(epoch FROM a.backend_start) * 1000000)::int8 = $2::int8
)
SELECT is_own,
       backend_type,
       is_superuser,
       -- Waits until the process is gone, two seconds at most.
       CASE WHEN NOT is_own AND NOT is_superuser AND backend_type = 'client backend'
            THEN pg_catalog.pg_terminate_backend(pid, 2000)
       END AS is_gone
FROM victim
