-- Who holds, or waits for, the one lock on these tables that keeps readers out. Parameters: $1 OIDs.
-- Minimum version: 14.
SELECT l.pid,
       -- Of a prepared transaction, which has no process.
       (SELECT x.gid FROM pg_locks own JOIN pg_prepared_xacts x ON x.transaction = own.transactionid
         WHERE own.locktype = 'transactionid' AND own.pid IS NULL
           AND own.virtualtransaction = l.virtualtransaction LIMIT 1) AS gid,
       l.granted,
       n.nspname AS schema,
       c.relname AS name,
       coalesce(extract(epoch FROM clock_timestamp() - coalesce(a.xact_start, a.query_start)), 0)::float8 AS age,
       coalesce(left(a.query, 200), '') AS query
  FROM pg_locks l
  JOIN pg_class c ON c.oid = l.relation
  JOIN pg_namespace n ON n.oid = c.relnamespace
  LEFT JOIN pg_stat_activity a ON a.pid = l.pid
 WHERE l.locktype = 'relation'
   AND l.database = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database())
   AND l.mode = 'AccessExclusiveLock'
   AND l.relation = ANY ($1::oid[])
   AND l.pid IS DISTINCT FROM pg_backend_pid()
 ORDER BY l.granted DESC, age DESC, l.pid
 LIMIT 1
