-- The newest runs first. One that says that it is under way, and of which no session is left in this database, came to its
-- end without a word; on a standby nobody can see that. Every session of a run has the run's id in its application_name.
-- $1 a run id or the beginning of one, NULL for all; $2 how many at the most.
-- Minimum version: 14.
SELECT o.run_id, o.command, o.arguments, o.started_at, o.finished_at,
       CASE WHEN o.outcome = 'running' AND NOT pg_catalog.pg_is_in_recovery()
                 AND NOT EXISTS (SELECT FROM pg_catalog.pg_stat_activity AS a
                                 WHERE a.datname = pg_catalog.current_database()
                                   AND pg_catalog.strpos(a.application_name, o.run_id) > 0)
            THEN 'interrupted' ELSE o.outcome END AS outcome,
       o.error_code, o.error, o.counts::text AS counts, o.db_user, o.os_user, o.host, o.version
FROM dbctl.operations AS o
WHERE $1::text IS NULL OR left(o.run_id, length($1)) = upper($1)
ORDER BY o.started_at DESC, o.run_id DESC
LIMIT $2::bigint
