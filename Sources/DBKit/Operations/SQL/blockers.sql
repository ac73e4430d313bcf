-- Who these sessions are, the oldest transaction first. 0 stands for a prepared transaction, of which the server does not
-- say which: then all of this database are listed.
-- $1 the pids, $2 transactions that were prepared, when it is known which. Minimum version: 14.
SELECT a.pid,
       coalesce(a.usename::text, '') AS role,
       coalesce(a.application_name, '') AS application,
       extract(epoch FROM pg_catalog.clock_timestamp() - a.xact_start)::float8 AS age_s,
       coalesce(a.state, '') AS state,
       coalesce(left(a.query, 200), '') AS query,
       a.query = '<insufficient privilege>' AS is_hidden,
       coalesce(r.rolsuper, false) AS is_superuser
FROM pg_catalog.pg_stat_activity AS a LEFT JOIN pg_catalog.pg_roles AS r ON r.oid = a.usesysid
WHERE a.pid = ANY ($1::bigint[]::int[])
UNION ALL
SELECT 0, x.owner::text, pg_catalog.quote_literal(x.gid),
       extract(epoch FROM pg_catalog.clock_timestamp() - x.prepared)::float8, 'prepared', '', false, false
FROM pg_catalog.pg_prepared_xacts AS x
WHERE x.database = current_database()
  AND CASE WHEN cardinality($2::bigint[]) > 0 THEN x.transaction::text::bigint = ANY ($2::bigint[])
           ELSE 0 = ANY ($1::bigint[]) END
ORDER BY age_s DESC NULLS LAST
