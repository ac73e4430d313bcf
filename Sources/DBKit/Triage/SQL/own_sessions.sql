-- How many sessions have the name of this one, itself left out: a run's connections, as the server counts them. The name
-- of a session is shown to every role.
-- Parameters: none.
-- Minimum version: 14.
SELECT count(*) AS sessions
FROM pg_catalog.pg_stat_activity AS a
WHERE a.application_name = current_setting('application_name')
  AND a.pid <> pg_catalog.pg_backend_pid()
