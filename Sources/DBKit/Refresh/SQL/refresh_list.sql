-- Runs, the newest first.
-- $1 run id or its beginning, or NULL; $2 feed or NULL; $3 target's oid or NULL; $4 how many. Minimum version: 14.
SELECT r.run_id, r.feed, r.target::bigint AS target, r.target_name, r.files, r.digest, r.state, r.started_at,
       r.finished_at, r.key_columns, r.columns, r.changes, r.records, r.inserted, r.updated, r.unchanged, r.rejected,
       r.collapsed, r.suppressed, r.batches, r.undone_by, r.undo_until, r.backup_set, r.moves::text AS moves,
       -- Where the table is by now; NULL: it is gone.
       (SELECT pg_catalog.format('%I.%I', n.nspname, c.relname)
        FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
        WHERE c.oid = r.target) AS target_now
FROM dbctl.refresh_runs AS r
WHERE ($1::text IS NULL OR pg_catalog.starts_with(r.run_id, $1::text))
  AND ($2::text IS NULL OR r.feed = $2::text)
  AND ($3::bigint IS NULL OR r.target = $3::bigint::oid)
ORDER BY r.started_at DESC, r.run_id DESC LIMIT $4::int
