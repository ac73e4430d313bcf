-- Notes what somebody says of the statement that was under way when a run died.
-- $1 the version, $2 the statement, counted from 1, at which to go on, or NULL: that was the last one.
-- Minimum version: 14.
UPDATE dbctl.migrations
SET resume_at = $2::integer, in_flight = false, state = CASE WHEN $2::integer IS NULL THEN 'applied' ELSE state END
WHERE version = $1
