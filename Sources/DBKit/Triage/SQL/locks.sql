-- Who waits for which lock, with all who hold or want the same one; and the connections that have not logged in yet.
-- Locks on other things are left out. pg_blocking_pids is exact but quadratic in a long queue (100 waiting for one
-- table: 0.6 ms and 5,050 pids to read, 400: 15 ms and 80,200, against 0.6 ms for all locks): with more than 100
-- waiters it is not asked.
-- Parameters: none.
-- Minimum version: 14.
WITH locks AS MATERIALIZED (
    SELECT l.*,
           ROW (l.locktype, l.database, l.relation, l.page, l.tuple, l.virtualxid, l.transactionid, l.classid, l.objid,
                l.objsubid)::text AS target
    FROM pg_catalog.pg_locks AS l
), contended AS (
    SELECT DISTINCT target FROM locks WHERE NOT granted
)
SELECT 'lock' AS kind,
       l.target,
       l.locktype AS lock_type,
       l.mode,
       l.granted,
       l.pid,
       -- Of a prepared transaction, which has no process. Its virtual number is its late session's: the real one is what
       -- it has locked for those who wait for its end, the oldest where it has savepoints.
       CASE WHEN l.pid IS NULL
            THEN (SELECT o.transactionid::text
                  FROM locks AS o
                  WHERE o.locktype = 'transactionid' AND o.granted AND o.pid IS NULL
                    AND o.virtualtransaction = l.virtualtransaction
                  ORDER BY pg_catalog.age(o.transactionid) DESC
                  LIMIT 1)
       END AS transaction_id,
       extract(epoch FROM l.waitstart)::float8 AS wait_start,
       d.datname::text AS database_name,
       CASE WHEN l.relation IS NOT NULL THEN coalesce(c.oid::regclass::text, 'relation ' || l.relation) END AS relation,
       CASE WHEN NOT l.granted AND (SELECT count(*) FROM locks WHERE NOT granted) <= 100
            THEN pg_catalog.pg_blocking_pids(l.pid)
       END AS blockers
FROM locks AS l
JOIN contended USING (target)
LEFT JOIN pg_catalog.pg_database AS d ON d.oid = l.database
LEFT JOIN pg_catalog.pg_class AS c ON c.oid = l.relation AND (l.database = 0 OR d.datname = current_database())
UNION ALL
-- A connection that has not logged in yet holds a slot, and a transaction of its own, but has no user and no database.
SELECT 'hidden', NULL, NULL, NULL, true, l.pid, NULL, NULL, NULL, NULL, NULL
FROM locks AS l
LEFT JOIN pg_catalog.pg_stat_activity AS a ON a.pid = l.pid
WHERE l.locktype = 'virtualxid'
  AND l.granted
  AND l.pid IS NOT NULL
  AND (a.pid IS NULL
       OR a.datid IS NULL AND a.usesysid IS NULL AND coalesce(a.backend_type, 'client backend') = 'client backend')
