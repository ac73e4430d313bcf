-- How far the statement of a run is, and whom it waits for.
-- $1 the run id, part of its application_name.
-- Minimum version: 14.
SELECT coalesce(p.phase || CASE WHEN p.blocks_total > 0
                                THEN format(' (%s %%)', 100 * p.blocks_done / p.blocks_total) ELSE '' END,
                CASE WHEN a.wait_event_type = 'Lock' THEN 'waiting' ELSE 'running' END) AS phase,
       cardinality(b.pids) > 0 OR coalesce(p.phase LIKE 'waiting%', false) AS is_waiting,
       ARRAY(SELECT format('pid %s (%s, %s), transaction open for %s s: %s', w.pid, coalesce(w.usename, ''),
                           w.application_name, extract(epoch FROM now() - w.xact_start)::int, left(w.query, 100))
             FROM pg_catalog.pg_stat_activity AS w
             WHERE w.pid = ANY (b.pids || coalesce(p.current_locker_pid::int, 0))) AS blockers
FROM pg_catalog.pg_stat_activity AS a
CROSS JOIN LATERAL (SELECT pg_catalog.pg_blocking_pids(a.pid) AS pids) AS b
LEFT JOIN pg_catalog.pg_stat_progress_create_index AS p ON p.pid = a.pid
WHERE a.application_name LIKE 'dbctl %' || $1 || '%'
  AND a.datname = current_database()
  AND a.state = 'active'
  AND a.pid <> pg_catalog.pg_backend_pid()
LIMIT 1
