-- How many transactions this database has had, and for how long sessions were busy with them. The times of a session
-- come in when it changes its state, and reach the view within a second or so; those of transactions that touch no
-- table, not even of the catalog, only together with the next that does (seen on 15 and 18).
-- Before 15 the figures are those of a file that is up to half a second old.
-- Parameters: none.
-- Minimum version: 14.
SELECT extract(epoch FROM coalesce(pg_catalog.pg_stat_get_snapshot_timestamp(),
                                   pg_catalog.clock_timestamp()))::float8 AS moment,
       d.xact_commit + d.xact_rollback AS transactions,
       (d.active_time + d.idle_in_transaction_time) / 1000.0::float8 AS busy_s,
       extract(epoch FROM d.stats_reset)::float8 AS reset
FROM pg_catalog.pg_stat_database AS d
WHERE d.datname = current_database()
