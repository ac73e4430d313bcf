-- The record of what dbctl did, one row a run. Run after record_schema.sql. Minimum version: 14.
CREATE TABLE IF NOT EXISTS dbctl.operations (
    run_id      text PRIMARY KEY,
    command     text NOT NULL,
    arguments   text[] NOT NULL DEFAULT '{}',
    started_at  timestamptz NOT NULL,
    finished_at timestamptz,
    outcome     text NOT NULL DEFAULT 'running' CHECK (outcome IN ('running', 'succeeded', 'failed')),
    error_code  text,
    error       text,
    counts      jsonb NOT NULL DEFAULT '{}',
    db_user     text NOT NULL DEFAULT current_user,
    os_user     text NOT NULL DEFAULT '',
    host        text NOT NULL DEFAULT '',
    version     text NOT NULL DEFAULT ''
);
COMMENT ON TABLE dbctl.operations IS 'What dbctl changed in this database, one row a run';
CREATE INDEX IF NOT EXISTS operations_started_at ON dbctl.operations (started_at DESC);
