-- Records a run, or adds what another batch of it did.
-- $1 run id, $2 feed or NULL, $3 target's oid, $4 its name, $5 files, $6 digest, $7 state, $8 begun, $9 key columns,
-- $10 other columns, $11 changes table or NULL, $12 records, $13 inserted, $14 updated, $15 unchanged, $16 rejected,
-- $17 collapsed, $18 suppressed, $19 batches, $20 undo until, $21 backup set or NULL, $22 moves as JSON, $23 records
-- that later batches are to write.
-- Minimum version: 14.
INSERT INTO dbctl.refresh_runs AS r
    (run_id, feed, target, target_name, files, digest, state, started_at, finished_at, key_columns, columns, changes,
     records, inserted, updated, unchanged, rejected, collapsed, suppressed, batches, undo_until, backup_set, moves)
VALUES ($1, $2, $3::bigint::oid, $4, $5::text[], $6, $7, $8::timestamptz, clock_timestamp(), $9::text[], $10::text[],
        $11, $12::bigint, $13::bigint, $14::bigint, $15::bigint, $16::bigint, $17::bigint, $18::bigint, $19::int,
        $20::timestamptz, $21, $22::jsonb)
ON CONFLICT (run_id) DO UPDATE
SET state = excluded.state, finished_at = excluded.finished_at,
    changes = coalesce(r.changes, excluded.changes),
    inserted = r.inserted + excluded.inserted, updated = r.updated + excluded.updated,
    suppressed = r.suppressed + excluded.suppressed,
    -- What an earlier batch of the run has written is not unchanged.
    unchanged = excluded.records - excluded.rejected - excluded.collapsed - r.inserted - excluded.inserted
                - r.updated - excluded.updated - r.suppressed - excluded.suppressed - $23::bigint,
    batches = r.batches + excluded.batches,
    backup_set = coalesce(r.backup_set, excluded.backup_set)
