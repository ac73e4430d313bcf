-- Whether a session is still there, named by pid and time of birth.
-- Parameters: $1 pid; $2 backend_start in microseconds since 1970.
-- Minimum version: 14.
SELECT count(*) > 0 AS is_there
FROM pg_catalog.pg_stat_activity AS a
WHERE a.pid = $1::int4
  AND (extract(epoch FROM a.backend_start) * 1000000)::int8 = $2::int8
