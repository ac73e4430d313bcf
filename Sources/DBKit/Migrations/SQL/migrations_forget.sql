-- Takes a migration out of the history.
-- $1 its version.
-- Minimum version: 14.
DELETE FROM dbctl.migrations WHERE version = $1
