-- How many standbys follow this server. Minimum version: 14.
SELECT count(*)::int AS standbys
FROM pg_catalog.pg_stat_replication AS r
WHERE r.application_name IS DISTINCT FROM 'pg_basebackup'
