-- Whether a session is still there, named by pid and time of birth.
-- $1: the pid. $2: microseconds since 1970 at which it began.
-- Minimum version: 14.
SELECT count(*) > 0 AS is_there
FROM pg_catalog.pg_stat_activity AS a
WHERE a.pid = $1::int8
  AND (extract(epoch FROM a.backend_start) * 1000000)::int8 = $2::int8
