-- What the last run of `migrate up` that changed something has left to do.
-- $1 the error code of a hook that failed, $2 what the counts have of a run that wrote the schema file, $3 the run that
-- asks; it holds the mutex, so that no other one is alive.
-- Minimum version: 14.
SELECT coalesce(o.error_code IN ($1, 'run.interrupted', 'run.terminated'), o.outcome = 'running') AS owes_hook,
       NOT o.counts ? $2 AS owes_schema
FROM dbctl.operations AS o
WHERE o.command = 'migrate up' AND o.run_id <> $3
ORDER BY o.started_at DESC, o.run_id DESC
LIMIT 1
