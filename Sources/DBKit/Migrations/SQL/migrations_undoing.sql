-- Records how far the undoing of a migration has come.
-- $1 its version, $2 the statement of its down section, counted from 1, at which to go on, or NULL: it is applied,
-- $3 whether that statement was begun.
-- Minimum version: 14.
UPDATE dbctl.migrations
SET state = CASE WHEN $2::integer IS NULL THEN 'applied' ELSE 'undoing' END, resume_at = $2::integer, in_flight = $3::boolean
WHERE version = $1
