-- The history of migrations. Run inside a transaction by one session at a time; safe to run again.
-- Parameters: none. Minimum version: 14.
CREATE SCHEMA IF NOT EXISTS dbctl;

CREATE TABLE IF NOT EXISTS dbctl.migrations (
    -- Of a repeatable migration its name, with R__ in front.
    version    text PRIMARY KEY,
    name       text NOT NULL,
    -- SHA-256 of the text with line ends normalised and without a byte order mark.
    checksum   text NOT NULL,
    dialect    text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    applied_by text NOT NULL DEFAULT pg_catalog.session_user(),
    run_id     text NOT NULL,
    duration   interval NOT NULL,
    -- How many the file has.
    statements integer NOT NULL,
    -- applied; partial: begun outside of a transaction and not at its end.
    state      text NOT NULL CHECK (state IN ('applied', 'partial')),
    -- Of a partial one: the statement, counted from 1, at which the next run goes on.
    resume_at  integer,
    CHECK ((state = 'partial') = (resume_at IS NOT NULL))
);

-- The text that each checksum stands for: what an edited file is compared with.
CREATE TABLE IF NOT EXISTS dbctl.migration_texts (
    checksum text PRIMARY KEY,
    content  text NOT NULL
);
