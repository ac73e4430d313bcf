-- Marks the migration runs that died without a word.
-- $1 the run that asks; it holds the mutex, so that no other one is alive.
-- Minimum version: 14.
UPDATE dbctl.operations
SET outcome = 'failed', finished_at = clock_timestamp(), error_code = 'run.interrupted',
    error = 'the process ended without a word; the next run found out'
WHERE outcome = 'running' AND command LIKE 'migrate %' AND run_id <> $1
