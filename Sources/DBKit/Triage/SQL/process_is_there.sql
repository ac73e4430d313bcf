-- Whether a process of the server has this pid, whatever it is.
-- $1: the pid.
-- Minimum version: 14.
SELECT count(*) > 0 AS is_there
FROM pg_catalog.pg_stat_activity AS a
WHERE a.pid = $1::int8
