-- Replication slots with what they keep from being removed, as one JSON document.
-- Parameters: none.
-- Minimum version: 14.
SELECT coalesce(pg_catalog.json_agg(pg_catalog.json_build_object(
    'name', s.slot_name, 'kind', s.slot_type, 'database', s.database, 'is_active', s.active, 'pid', s.active_pid,
    'xmin_age', pg_catalog.age(s.xmin), 'catalog_xmin_age', pg_catalog.age(s.catalog_xmin),
    'wal_status', s.wal_status,
    -- On a standby there is no current position: the last one replayed takes its place.
    'retained_bytes', greatest(0, pg_catalog.pg_wal_lsn_diff(
        CASE WHEN pg_catalog.pg_is_in_recovery() THEN pg_catalog.pg_last_wal_replay_lsn()
             ELSE pg_catalog.pg_current_wal_lsn() END, s.restart_lsn))::int8
    ) ORDER BY s.slot_name), '[]')::text AS document
FROM pg_catalog.pg_replication_slots AS s
