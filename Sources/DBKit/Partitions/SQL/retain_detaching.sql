-- Who is detaching a partition at this moment, by what their statement says: between its two halves DETACH CONCURRENTLY
-- holds no lock on it.
-- $1 the name of the partition. Minimum version: 14.
SELECT a.pid,
       pg_catalog.concat_ws(', ', a.usename, nullif(a.application_name, '')) AS who
FROM pg_catalog.pg_stat_activity AS a
WHERE a.datname = pg_catalog.current_database()
  AND a.pid <> pg_catalog.pg_backend_pid()
  AND a.state = 'active'
  AND a.query ~* 'detach\s+partition'
  AND pg_catalog.strpos(pg_catalog.lower(a.query), pg_catalog.lower($1)) > 0
ORDER BY a.xact_start
LIMIT 1
