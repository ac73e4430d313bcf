-- The lock that a session waits for, when others who only read or write would have to queue behind it.
-- $1 the pid of the session. Minimum version: 14.
SELECT l.relation::pg_catalog.regclass::text AS relation,
       l.mode
FROM pg_catalog.pg_stat_get_activity($1::int) AS a
     JOIN pg_catalog.pg_locks AS l ON l.pid = a.pid
WHERE a.wait_event_type = 'Lock'
  AND a.wait_event = 'relation'
  AND NOT l.granted
  AND l.locktype = 'relation'
  AND l.mode IN ('ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock')
