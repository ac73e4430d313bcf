-- Which server this is, and since when its scans are counted. Minimum version: 14.
SELECT (SELECT c.system_identifier FROM pg_catalog.pg_control_system() AS c) AS system_identifier,
       current_database()::text AS database,
       pg_catalog.pg_postmaster_start_time() AS started,
       pg_catalog.pg_is_in_recovery() AS is_standby,
       -- After a crash all counters begin anew, and only the server-wide statistics know when.
       coalesce(greatest(d.stats_reset, (SELECT b.stats_reset FROM pg_catalog.pg_stat_bgwriter AS b)),
                pg_catalog.pg_postmaster_start_time()) AS since
FROM pg_catalog.pg_stat_database AS d
WHERE d.datname = current_database()
