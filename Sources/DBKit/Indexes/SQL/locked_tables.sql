-- Tables that nobody can look at, because somebody has locked them or an index of them against everybody, or is waiting to.
-- $1 oids of tables or indexes that are meant, each with all of its partitioned table; empty: all. Minimum version: 14.
WITH exclusive AS (
    SELECT DISTINCT l.relation AS oid, coalesce(i.indrelid, l.relation) AS table_oid
    FROM pg_catalog.pg_locks AS l LEFT JOIN pg_catalog.pg_index AS i ON i.indexrelid = l.relation
    WHERE l.locktype = 'relation'
      AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database())
      AND l.mode = 'AccessExclusiveLock'
      AND l.pid IS DISTINCT FROM pg_catalog.pg_backend_pid()
)
SELECT x.oid::bigint AS oid, x.table_oid::bigint AS table_oid, n.nspname AS schema, c.relname AS name
FROM exclusive AS x
     JOIN pg_catalog.pg_class AS c ON c.oid = x.table_oid
     JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname NOT LIKE 'pg\_%'
  AND (cardinality($1::bigint[]) = 0
       OR coalesce(pg_catalog.pg_partition_root(c.oid), c.oid) IN (
           SELECT coalesce(pg_catalog.pg_partition_root(m.oid), m.oid)
           FROM (SELECT coalesce(i.indrelid, o.oid) AS oid
                 FROM pg_catalog.unnest($1::bigint[]::oid[]) AS o (oid)
                      LEFT JOIN pg_catalog.pg_index AS i ON i.indexrelid = o.oid) AS m))
ORDER BY n.nspname, c.relname, x.oid
