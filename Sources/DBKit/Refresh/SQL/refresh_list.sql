-- Runs, the newest first.
-- $1 run id or its beginning, or NULL; $2 feed or NULL; $3 how many; $4 target's oid or NULL; $5 names that it may have had,
-- with a schema or without, or NULL. Minimum version: 14.
SELECT r.run_id, r.feed, r.target::bigint AS target, r.target_name, r.files, r.digest, r.state, r.started_at,
       r.finished_at, r.key_columns, r.columns, r.changes, r.records, r.inserted, r.updated, r.unchanged, r.rejected,
       r.collapsed, r.suppressed, r.batches, r.undone_by, r.undo_until, r.backup_set, r.moves::text AS moves,
       -- Where the table of that oid is by now, as a statement writes it and as people do; NULL: there is none.
       t.place, t.name AS name_now,
       -- What else has the name that it had.
       (SELECT pg_catalog.format('%I.%I', n.nspname, c.relname)
        FROM pg_catalog.pg_namespace AS n JOIN pg_catalog.pg_class AS c ON c.relnamespace = n.oid
        WHERE pg_catalog.starts_with(r.target_name, n.nspname || '.')
          AND c.relname = pg_catalog.substr(r.target_name, pg_catalog.length(n.nspname::text) + 2)::name
          AND c.relkind IN ('r', 'p', 'f', 'v', 'm') AND c.oid <> r.target
        LIMIT 1) AS replacement
FROM dbctl.refresh_runs AS r
     LEFT JOIN LATERAL (
         SELECT pg_catalog.format('%I.%I', n.nspname, c.relname) AS place, n.nspname || '.' || c.relname AS name
         FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
         WHERE c.oid = r.target AND c.relkind IN ('r', 'p')
     ) AS t ON true
WHERE ($1::text IS NULL OR pg_catalog.starts_with(r.run_id, $1::text))
  AND ($2::text IS NULL OR r.feed = $2::text)
  AND ($5::text[] IS NULL OR r.target = $4::bigint::oid
       OR EXISTS (SELECT FROM pg_catalog.unnest($5::text[]) AS w (name)
                  WHERE r.target_name = w.name OR pg_catalog.starts_with(pg_catalog.reverse(r.target_name), pg_catalog.reverse('.' || w.name))))
ORDER BY r.started_at DESC, r.run_id DESC LIMIT $3::int
