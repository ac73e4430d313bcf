-- How far a statement is, and whom it waits for.
-- $1 the pid of its session. Minimum version: 14.
SELECT coalesce(p.phase, CASE WHEN a.wait_event_type = 'Lock' THEN 'waiting for a lock' ELSE 'running' END) AS phase,
       coalesce(CASE WHEN p.blocks_total > 0 THEN p.blocks_done ELSE p.tuples_done END, 0) AS done,
       coalesce(CASE WHEN p.blocks_total > 0 THEN p.blocks_total ELSE p.tuples_total END, 0) AS total,
       -- A phase called "waiting for writers" is gone through also when there is nobody to wait for; on the processor a
       -- session has no wait event at all.
       cardinality(b.pids) > 0 OR coalesce(a.wait_event_type = 'Lock', false) AS is_waiting,
       b.pids::bigint[] AS blocking_pids
FROM pg_catalog.pg_stat_activity AS a
     CROSS JOIN LATERAL (SELECT pg_catalog.pg_blocking_pids(a.pid) AS pids) AS b
     LEFT JOIN pg_catalog.pg_stat_progress_create_index AS p ON p.pid = a.pid
WHERE a.pid = $1::int
