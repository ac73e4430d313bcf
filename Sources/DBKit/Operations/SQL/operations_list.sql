-- The newest runs first.
-- $1 a run id or the beginning of one, NULL for all; $2 how many at the most.
-- Minimum version: 14.
SELECT run_id, command, arguments, started_at, finished_at, outcome, error_code, error, counts::text AS counts,
       db_user, os_user, host, version
FROM dbctl.operations
WHERE $1::text IS NULL OR left(run_id, length($1)) = upper($1)
ORDER BY started_at DESC, run_id DESC
LIMIT $2::bigint
