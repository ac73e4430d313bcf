-- The sessions that hold a lock on any of these tables; 0 for prepared transactions.
-- $1 the tables' oids. Minimum version: 14.
SELECT DISTINCT coalesce(l.pid, 0)::bigint AS pid,
       -- A prepared transaction also holds its own number.
       CASE WHEN l.pid IS NULL
            THEN (SELECT x.transactionid::text::bigint FROM pg_catalog.pg_locks AS x
                  WHERE x.pid IS NULL AND x.locktype = 'transactionid' AND x.virtualtransaction = l.virtualtransaction
                  LIMIT 1) END AS prepared
FROM pg_catalog.pg_locks AS l
WHERE l.locktype = 'relation'
  AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database())
  AND l.relation = ANY ($1::bigint[]::oid[])
  AND l.granted
  AND l.pid IS DISTINCT FROM pg_catalog.pg_backend_pid()
