-- The tables with the pre-images of all runs on a target that have the same key.
-- $1 the target's oid, $2 key columns. Minimum version: 14.
SELECT changes, count(*)::int AS runs FROM dbctl.refresh_runs
WHERE target = $1::bigint::oid AND key_columns = $2::text[] AND changes IS NOT NULL
GROUP BY changes ORDER BY changes
