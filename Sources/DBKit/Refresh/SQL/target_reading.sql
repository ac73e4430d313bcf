-- Which database a session is in, and whether the first look at a table's rows is going to write log: where changed hint
-- bits are logged, and most of its pages were not vacuumed since they were written. $1 the table. Minimum version: 14.
WITH RECURSIVE parts AS (
    SELECT $1::bigint::oid AS oid
    UNION
    SELECT i.inhrelid FROM pg_catalog.pg_inherits AS i JOIN parts ON i.inhparent = parts.oid
)
SELECT pg_catalog.concat_ws(
           ' ', pg_catalog.current_database(), pg_catalog.pg_postmaster_start_time(),
           pg_catalog.pg_is_in_recovery()) AS home,
       (pg_catalog.current_setting('data_checksums')::boolean
        OR pg_catalog.current_setting('wal_log_hints')::boolean)
       AND coalesce(pg_catalog.sum(c.relallvisible) < 0.9 * pg_catalog.sum(c.relpages) OR pg_catalog.sum(c.relpages) = 0, true)
           AS writes_log
FROM parts JOIN pg_catalog.pg_class AS c USING (oid);
