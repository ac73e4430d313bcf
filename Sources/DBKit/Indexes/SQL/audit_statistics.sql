-- Since when scans have been counted. Minimum version: 14.
SELECT coalesce(d.stats_reset, pg_catalog.pg_postmaster_start_time()) AS since,
       EXISTS (SELECT FROM pg_catalog.pg_stat_replication) AS has_standbys
FROM pg_catalog.pg_stat_database AS d
WHERE d.datname = current_database()
