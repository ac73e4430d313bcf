-- The run of a feed that was cut off between its batches, when the same bytes are to go into the same table again.
-- $1 target's oid, $2 digest. Minimum version: 14.
SELECT run_id, batches FROM dbctl.refresh_runs
WHERE target = $1::bigint::oid AND digest = $2 AND state = 'partial'
ORDER BY started_at DESC LIMIT 1
