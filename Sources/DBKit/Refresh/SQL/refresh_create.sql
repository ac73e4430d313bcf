-- Where refreshes are recorded: the runs, the rows that they wrote with what stood there before, and the assets that
-- the last run of each feed had. No parameters. Minimum version: 14.
CREATE TABLE IF NOT EXISTS dbctl.refresh_runs (
    run_id       text PRIMARY KEY,
    feed         text,
    target       oid NOT NULL,
    target_name  text NOT NULL,
    files        text[] NOT NULL,
    -- Of the feed's bytes: the same command goes on with a run that was cut off.
    digest       text NOT NULL,
    state        text NOT NULL CHECK (state IN ('applied', 'partial', 'partly_undone', 'undone')),
    started_at   timestamptz NOT NULL,
    finished_at  timestamptz,
    key_columns  text[] NOT NULL,
    -- The other columns that the run writes.
    columns      text[] NOT NULL,
    -- Where its pre-images lie; NULL: it wrote nothing, or they are gone.
    changes      text,
    records      bigint NOT NULL,
    inserted     bigint NOT NULL,
    updated      bigint NOT NULL,
    unchanged    bigint NOT NULL,
    rejected     bigint NOT NULL,
    collapsed    bigint NOT NULL,
    suppressed   bigint NOT NULL,
    batches      int NOT NULL,
    undone_by    text,
    undo_until   timestamptz NOT NULL,
    backup_set   text,
    moves        jsonb NOT NULL DEFAULT '[]'
);
COMMENT ON TABLE dbctl.refresh_runs IS 'Runs of dbctl refresh that wrote something, or found that there is nothing to write';
-- One row for each row that a run wrote. What stood there before lies in tables that inherit from this one, in the
-- columns' own types: b1, b2 ... are the key's columns and then refresh_runs.columns, in their order.
CREATE TABLE IF NOT EXISTS dbctl.refresh_changes (
    run_id       text NOT NULL,
    -- i inserted, u updated; r updated and put back since, d inserted and deleted since
    kind         "char" NOT NULL,
    -- The transaction that wrote the row: a row with another xmin was edited since. When a later run is undone, the row
    -- comes back by that undo's transaction, which is noted here.
    xact         xid NOT NULL,
    -- The transaction that had written the row before; NULL: there was no row.
    prior        xid
);
COMMENT ON TABLE dbctl.refresh_changes IS 'Rows that dbctl refresh wrote, with their pre-images, for dbctl refresh undo';
CREATE TABLE IF NOT EXISTS dbctl.refresh_assets (
    feed         text NOT NULL,
    target       oid NOT NULL,
    asset        text NOT NULL,
    PRIMARY KEY (feed, target, asset)
);
COMMENT ON TABLE dbctl.refresh_assets IS 'The assets that the last run of each feed had'
