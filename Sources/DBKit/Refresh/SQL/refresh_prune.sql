-- Runs on a target whose pre-images are kept no longer, with the tables where these lie.
-- $1 now, $2 the target's oid. Minimum version: 14.
SELECT run_id, changes, pg_catalog.to_regclass(pg_catalog.format('dbctl.%I', changes)) IS NOT NULL AS is_there
FROM dbctl.refresh_runs
WHERE changes IS NOT NULL AND undo_until < $1::timestamptz AND target = $2::bigint::oid
