-- Records how far the undoing of a migration has come.
-- $1 its version, $2 the statement of its down section, counted from 1, at which to go on, or NULL: it is applied.
-- Minimum version: 14.
UPDATE dbctl.migrations
SET state = CASE WHEN $2::integer IS NULL THEN 'applied' ELSE 'undoing' END, resume_at = $2::integer
WHERE version = $1
