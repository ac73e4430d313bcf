-- Records how far the undoing of a migration has come.
-- $1 its version, $2 the statement of its down section, counted from 1, at which to go on, $3 run id.
-- Minimum version: 14.
UPDATE dbctl.migrations SET state = 'undoing', resume_at = $2::integer, run_id = $3 WHERE version = $1
