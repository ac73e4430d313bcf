-- The history, in the order in which it came about.
-- Minimum version: 14.
SELECT version, name, checksum, dialect, applied_at, applied_by, run_id,
       extract(epoch FROM duration)::float8 AS duration_s, statements, state, resume_at, in_flight
FROM dbctl.migrations
ORDER BY applied_at, version
