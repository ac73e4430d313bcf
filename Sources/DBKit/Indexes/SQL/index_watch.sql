-- How far a build or a drop is, and whom it waits for.
-- $1 the pid of its session. Minimum version: 14.
SELECT coalesce(p.phase, CASE WHEN a.wait_event_type = 'Lock' THEN 'waiting for a lock' ELSE 'running' END) AS phase,
       coalesce(p.blocks_done, 0) AS blocks_done,
       coalesce(p.blocks_total, 0) AS blocks_total,
       coalesce(p.tuples_done, 0) AS tuples_done,
       coalesce(p.tuples_total, 0) AS tuples_total,
       -- A phase called "waiting for writers" is gone through also when there is nobody to wait for.
       cardinality(b.pids) > 0 OR a.wait_event_type = 'Lock' AS is_waiting,
       ARRAY(SELECT pg_catalog.format('pid %s (%s), transaction open for %s s, %s: %s', w.pid,
                           pg_catalog.concat_ws(', ', w.usename, nullif(w.application_name, '')),
                           extract(epoch FROM now() - w.xact_start)::int, w.state, left(w.query, 200))
             FROM pg_catalog.pg_stat_activity AS w
             WHERE w.pid = ANY (b.pids) OR w.pid = nullif(p.current_locker_pid, 0)
             ORDER BY w.xact_start) AS blockers
FROM pg_catalog.pg_stat_activity AS a
     CROSS JOIN LATERAL (SELECT pg_catalog.pg_blocking_pids(a.pid) AS pids) AS b
     LEFT JOIN pg_catalog.pg_stat_progress_create_index AS p ON p.pid = a.pid
WHERE a.pid = $1::int
