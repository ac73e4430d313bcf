-- Ends one session, if it is still the one that was meant: a pid alone may have been given to another one meanwhile.
-- $1 bigint: the pid. $2 bigint: microseconds since 1970 at which it began. $3 bigint: the same for its last change of
-- state, or NULL when it is meant whatever it does now.
-- No row: it is gone. NULL: it has begun to do something else. False: it went in this moment.
-- Minimum version: 14.
SELECT CASE WHEN $3::int8 IS NULL OR (extract(epoch FROM a.state_change) * 1000000)::int8 = $3::int8
            THEN pg_catalog.pg_terminate_backend(a.pid)
       END AS has_ended
FROM pg_catalog.pg_stat_activity AS a
WHERE a.pid = $1::int8
  AND (extract(epoch FROM a.backend_start) * 1000000)::int8 = $2::int8
