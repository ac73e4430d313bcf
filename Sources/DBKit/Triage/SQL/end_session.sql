-- Ends one session, if it is still the one that was meant: a pid alone may have been given to another one meanwhile.
-- Who must not be ended is looked at here again, whatever the caller believes to have seen.
-- $1: the pid. $2: microseconds since 1970 at which it began. $3: the same for its last change of state, or NULL when it
-- is meant whatever it does now. $4: milliseconds to wait until it is gone; 0 only tells it to go.
-- Minimum version: 14.
WITH victim AS MATERIALIZED (
    SELECT a.pid,
           a.pid = pg_catalog.pg_backend_pid() AS is_own,
           a.backend_type,
           coalesce(r.rolsuper, false) AS is_superuser,
           $3::int8 IS NULL OR (extract(epoch FROM a.state_change) * 1000000)::int8 = $3::int8 AS is_as_it_was
    FROM pg_catalog.pg_stat_activity AS a
    LEFT JOIN pg_catalog.pg_roles AS r ON r.oid = a.usesysid
    WHERE a.pid = $1::int8
      AND (extract(epoch FROM a.backend_start) * 1000000)::int8 = $2::int8
)
SELECT is_own,
       backend_type,
       is_superuser,
       coalesce(is_as_it_was, false) AS is_as_it_was,
       CASE WHEN NOT is_own AND NOT is_superuser AND backend_type = 'client backend' AND is_as_it_was
            THEN pg_catalog.pg_terminate_backend(pid, $4::int8)
       END AS is_gone
FROM victim
