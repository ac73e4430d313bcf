-- Ends what is left in this database of the runs that the journal names, and waits until it is gone: a worker that
-- builds an index notices late that its client was killed. One that has gone by itself meanwhile, as parallel workers go
-- with their leader, has not ended by this; whoever asks again sees that it is gone.
-- Parameters: $1 what the application name begins with, $2 this run. Minimum version: 14.
SELECT a.pid, pg_catalog.pg_terminate_backend(a.pid, 3000) AS has_ended
FROM pg_catalog.pg_stat_activity AS a
JOIN dbctl_restore_journal.run AS r ON a.application_name = $1 || r.id
WHERE a.datname = pg_catalog.current_database()
    AND r.id <> $2
    AND a.pid <> pg_catalog.pg_backend_pid()
