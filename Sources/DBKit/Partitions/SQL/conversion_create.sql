-- Where conversions of tables into partitioned ones are noted, from their first step until --finish or --undo. No parameters.
-- Minimum version: 14.
CREATE TABLE IF NOT EXISTS dbctl.conversions (
    -- The table as it was.
    source        oid PRIMARY KEY,
    -- The partitioned one.
    target        oid NOT NULL UNIQUE,
    table_schema  text NOT NULL,
    table_name    text NOT NULL,
    strategy      text NOT NULL CHECK (strategy IN ('copy', 'attach')),
    key_column    text NOT NULL,
    step          text NOT NULL,
    time_zone     text NOT NULL,
    -- preparing: the partitioned table is there, and empty. copying: a trigger notes what is written to the table. swapped:
    -- the partitioned table is in use, foreign keys are still to be validated. undone: the table is in use again, the
    -- partitioned one is still to be dropped.
    state         text NOT NULL CHECK (state IN ('preparing', 'copying', 'swapped', 'converted', 'undone')),
    -- The last key that was copied.
    reached       text[],
    rows_copied   bigint NOT NULL DEFAULT 0,
    -- Of the table's definition when the copy was made.
    digest        text NOT NULL,
    -- Of the strategy attach: what an undo has to know.
    memory        jsonb,
    run_id        text NOT NULL,
    started_at    timestamptz NOT NULL,
    swapped_at    timestamptz
);
COMMENT ON TABLE dbctl.conversions IS 'Conversions of tables into partitioned ones by dbctl, until they are finished or undone'
