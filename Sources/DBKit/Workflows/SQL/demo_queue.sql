-- How many sessions have been waiting for a lock long enough to be a queue.
-- No parameters. Minimum version: 14.
SELECT pg_catalog.count(*) AS waiting
FROM pg_catalog.pg_locks
WHERE NOT granted AND waitstart < pg_catalog.clock_timestamp() - interval '0.6 s';
