-- The history of migrations. Run inside a transaction, after dbctl.operations; safe to run again.
-- Minimum version: 14.
CREATE TABLE IF NOT EXISTS dbctl.migrations (
    -- Of a repeatable migration its name, with R__ in front.
    version    text PRIMARY KEY,
    name       text NOT NULL,
    -- SHA-256 of the text with line ends normalised and without a byte order mark.
    checksum   text NOT NULL,
    dialect    text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    applied_by text NOT NULL DEFAULT session_user,
    run_id     text NOT NULL,
    duration   interval NOT NULL,
    -- How many the file has.
    statements integer NOT NULL,
    -- partial: begun outside of a transaction and not at its end; undoing: the same with its down section.
    state      text NOT NULL CHECK (state IN ('applied', 'partial', 'undoing')),
    -- The statement, counted from 1, at which the next run goes on.
    resume_at  integer,
    -- That statement runs in no transaction and was begun: what became of it only the server knows.
    in_flight  boolean NOT NULL DEFAULT false,
    CHECK ((state = 'applied') = (resume_at IS NULL))
);
COMMENT ON TABLE dbctl.migrations IS 'Migrations that dbctl applied to this database';
-- What each checksum stands for: what an edited file is compared with.
CREATE TABLE IF NOT EXISTS dbctl.migration_texts (
    checksum   text PRIMARY KEY,
    -- UTF-8, whatever the encoding of the database: a comment may have letters that it lacks.
    content    bytea NOT NULL,
    -- SHA-256 of each statement of the up section, and of the down section.
    statements text[] NOT NULL,
    down       text[]
);
COMMENT ON TABLE dbctl.migration_texts IS 'The texts of the migrations in dbctl.migrations'
