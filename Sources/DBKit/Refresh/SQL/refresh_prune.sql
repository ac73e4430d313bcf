-- Runs on a target whose pre-images are kept no longer, with the tables where these lie; those too whose table had the
-- target's name before another one took its place.
-- $1 now, $2 the target's oid, $3 its name. Minimum version: 14.
SELECT run_id, target::bigint AS target, changes,
       pg_catalog.to_regclass(pg_catalog.format('dbctl.%I', changes)) IS NOT NULL AS is_there
FROM dbctl.refresh_runs
WHERE changes IS NOT NULL AND undo_until < $1::timestamptz AND (target = $2::bigint::oid OR target_name = $3)
