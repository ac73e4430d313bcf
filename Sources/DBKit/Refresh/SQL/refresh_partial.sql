-- The run of a feed that was cut off between its batches, when the same bytes are to go into the same columns again;
-- anything else is a run of its own.
-- $1 target's oid, $2 digest, $3 feed or NULL, $4 key columns, $5 other columns, $6 changes table, $7 now, $8 the target's
-- name: of a run that came with a dump the oid is another database's.
-- Minimum version: 14.
SELECT run_id, batches FROM dbctl.refresh_runs AS r
WHERE target = $1::bigint::oid AND target_name = $8 AND digest = $2 AND state = 'partial' AND feed IS NOT DISTINCT FROM $3::text
  AND key_columns = $4::text[] AND columns = $5::text[] AND changes = $6::text AND undo_until > $7::timestamptz
  -- What another run has written since, this one would write again as the older one of both.
  AND NOT EXISTS (SELECT FROM dbctl.refresh_runs AS l
                  WHERE l.target = r.target AND l.started_at > r.started_at AND l.inserted + l.updated > 0)
ORDER BY started_at DESC LIMIT 1
