-- Sessions of migration runs that never said how they ended, with a statement under way.
-- $1 the run that asks.
-- Minimum version: 14.
SELECT a.pid
FROM dbctl.operations AS o
JOIN pg_catalog.pg_stat_activity AS a
  ON a.datname = current_database()
 AND a.application_name LIKE 'dbctl %' || o.run_id || '%'
WHERE o.outcome = 'running'
  AND o.command LIKE 'migrate %'
  AND o.run_id <> $1
  AND a.pid <> pg_catalog.pg_backend_pid()
  AND a.state <> 'idle'
