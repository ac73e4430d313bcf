-- Every session that somebody opened, and the server processes that work in a database, without the query that asks.
-- Sessions that have not logged in yet are counted by locks.sql: before version 18 they are in no statistics view.
-- Parameters: none.
-- Minimum version: 14.
SELECT a.pid,
       a.leader_pid,
       extract(epoch FROM a.backend_start)::float8 AS backend_start,
       a.usename::text AS user_name,
       a.datname::text AS database_name,
       a.application_name,
       pg_catalog.host(a.client_addr) AS client_address,
       -- To a role that may not look, all but who and where is NULL.
       a.backend_type,
       a.state,
       extract(epoch FROM a.state_change)::float8 AS state_change,
       extract(epoch FROM a.xact_start)::float8 AS xact_start,
       extract(epoch FROM a.query_start)::float8 AS query_start,
       a.wait_event_type,
       a.wait_event,
       pg_catalog.age(a.backend_xid) AS xid_age,
       pg_catalog.age(a.backend_xmin) AS xmin_age,
       CASE WHEN a.backend_type IS NULL THEN NULL
            -- What follows the word is cut off: it may be the secret itself.
            ELSE pg_catalog.regexp_replace(pg_catalog.left(a.query, 200),
                                           '(password)\M[\s=]*([eE]?''|\$).*$', '\1 ***', 'i')
       END AS query,
       coalesce(r.rolsuper, false) AS is_superuser
FROM pg_catalog.pg_stat_activity AS a
LEFT JOIN pg_catalog.pg_roles AS r ON r.oid = a.usesysid
WHERE (a.datid IS NOT NULL OR a.usesysid IS NOT NULL)
  AND a.backend_type IS DISTINCT FROM 'logical replication launcher'
ORDER BY a.pid
