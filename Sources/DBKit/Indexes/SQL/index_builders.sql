-- Who is building an index on a table at this moment. A build holds this lock on its table for as long as it lives, and its
-- pid stands in the progress view also for a role that may not see the rest of the row.
-- $1 the table's oid. Minimum version: 14.
SELECT l.pid,
       p.phase,
       p.index_relid::bigint AS index_oid,
       coalesce(a.usename::text, '') AS role,
       coalesce(a.application_name, '') AS application
FROM pg_catalog.pg_locks AS l
     JOIN pg_catalog.pg_stat_progress_create_index AS p ON p.pid = l.pid
     LEFT JOIN pg_catalog.pg_stat_activity AS a ON a.pid = l.pid
WHERE l.locktype = 'relation'
  AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database())
  AND l.relation = $1::bigint::oid
  AND l.mode = 'ShareUpdateExclusiveLock'
  AND l.granted
