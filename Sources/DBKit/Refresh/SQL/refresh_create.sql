-- Where refreshes are recorded: the runs, the rows that they changed with what stood there before, and the assets that
-- the last run of each feed had. No parameters. Minimum version: 14.
CREATE TABLE IF NOT EXISTS dbctl.refresh_runs (
    run_id       text PRIMARY KEY,
    feed         text,
    target       oid NOT NULL,
    target_name  text NOT NULL,
    files        text[] NOT NULL,
    -- Of the feed's bytes: the same command goes on with a run that was cut off.
    digest       text NOT NULL,
    state        text NOT NULL CHECK (state IN ('running', 'applied', 'partial', 'undone')),
    started_at   timestamptz NOT NULL,
    finished_at  timestamptz,
    key_columns  text[] NOT NULL,
    -- The columns that the run writes; before and after of refresh_changes are in their order.
    columns      text[] NOT NULL,
    records      bigint NOT NULL DEFAULT 0,
    inserted     bigint NOT NULL DEFAULT 0,
    updated      bigint NOT NULL DEFAULT 0,
    unchanged    bigint NOT NULL DEFAULT 0,
    rejected     bigint NOT NULL DEFAULT 0,
    collapsed    bigint NOT NULL DEFAULT 0,
    suppressed   bigint NOT NULL DEFAULT 0,
    batches      int NOT NULL DEFAULT 0,
    undone_by    text,
    undo_until   timestamptz NOT NULL,
    backup_set   text,
    moves        jsonb NOT NULL DEFAULT '[]'
);
