-- Who is building or dropping an index at this moment, and on which table. A build holds this lock on its table for as long
-- as it lives, and its pid stands in the progress view also for a role that may not see the rest of the row; a drop and a
-- rebuild hold it on the index itself.
-- $1 the tables' oids; empty for all of the database. Minimum version: 14.
WITH held AS (
    SELECT l.relation, l.pid
    FROM pg_catalog.pg_locks AS l
    WHERE l.locktype = 'relation'
      AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database())
      AND l.mode = 'ShareUpdateExclusiveLock'
      AND l.granted
), busy AS (
    SELECT h.relation AS table_oid, h.pid, p.phase, nullif(p.index_relid, 0) AS index_oid
    FROM held AS h JOIN pg_catalog.pg_stat_progress_create_index AS p ON p.pid = h.pid
    UNION ALL
    SELECT i.indrelid, h.pid, 'dropping index', i.indexrelid
    FROM held AS h JOIN pg_catalog.pg_index AS i ON i.indexrelid = h.relation
    WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_stat_progress_create_index AS p WHERE p.pid = h.pid)
)
SELECT b.table_oid::bigint AS table_oid,
       b.pid,
       b.phase,
       b.index_oid::bigint AS index_oid,
       coalesce(a.usename::text, '') AS role,
       coalesce(a.application_name, '') AS application
FROM busy AS b LEFT JOIN pg_catalog.pg_stat_activity AS a ON a.pid = b.pid
WHERE b.pid <> pg_catalog.pg_backend_pid()
  AND (cardinality($1::bigint[]) = 0 OR b.table_oid = ANY ($1::bigint[]::oid[]))
