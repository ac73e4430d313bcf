-- The server, its limits, databases, prepared transactions and standbys, as one JSON document.
-- Parameters: none.
-- Minimum version: 14.
SELECT pg_catalog.json_build_object(
    'time', extract(epoch FROM pg_catalog.clock_timestamp()),
    'server', pg_catalog.json_build_object(
        'version', current_setting('server_version'),
        'version_number', current_setting('server_version_num')::int4,
        'started', extract(epoch FROM pg_catalog.pg_postmaster_start_time()),
        'is_standby', pg_catalog.pg_is_in_recovery(),
        'max_connections', current_setting('max_connections')::int4,
        'superuser_reserved_connections', current_setting('superuser_reserved_connections')::int4,
        -- 16 and later.
        'reserved_connections', coalesce(current_setting('reserved_connections', true), '0')::int4,
        'max_wal_senders', current_setting('max_wal_senders')::int4,
        'max_prepared_transactions', current_setting('max_prepared_transactions')::int4,
        'freeze_max_age', current_setting('autovacuum_freeze_max_age')::int4,
        'role', current_user::text,
        'database', current_database()::text,
        'own_pid', pg_catalog.pg_backend_pid(),
        'sees_all_sessions', pg_catalog.pg_has_role(current_user, 'pg_read_all_stats', 'USAGE'),
        -- What other sessions get: this one sets its own.
        'keepalives_idle_s', (SELECT reset_val::int4 FROM pg_catalog.pg_settings WHERE name = 'tcp_keepalives_idle')),
    'databases', (
        SELECT coalesce(pg_catalog.json_agg(pg_catalog.json_build_object(
            'name', d.datname,
            -- Minus one is none, minus two (16 and later) marks a database whose DROP was interrupted.
            'connection_limit', CASE WHEN d.datconnlimit >= 0 THEN d.datconnlimit END,
            'frozen_xid_age', pg_catalog.age(d.datfrozenxid),
            'frozen_multixact_age', pg_catalog.mxid_age(d.datminmxid),
            'sessions', s.sessions,
            'sessions_abandoned', s.sessions_abandoned,
            'sessions_fatal', s.sessions_fatal,
            'sessions_killed', s.sessions_killed) ORDER BY d.datname), '[]')
        FROM pg_catalog.pg_database AS d
        LEFT JOIN pg_catalog.pg_stat_database AS s ON s.datid = d.oid),
    'roles', (
        SELECT coalesce(pg_catalog.json_agg(pg_catalog.json_build_object(
            'name', r.rolname, 'connection_limit', r.rolconnlimit) ORDER BY r.rolname), '[]')
        FROM pg_catalog.pg_roles AS r
        -- A superuser has no limit, whatever the catalog says.
        WHERE r.rolconnlimit >= 0 AND r.rolcanlogin AND NOT r.rolsuper),
    'prepared_transactions', (
        SELECT coalesce(pg_catalog.json_agg(pg_catalog.json_build_object(
            'gid', p.gid, 'transaction_id', p.transaction::text, 'xid_age', pg_catalog.age(p.transaction),
            'prepared', extract(epoch FROM p.prepared), 'owner', p.owner, 'database', p.database)
            ORDER BY p.prepared), '[]')
        FROM pg_catalog.pg_prepared_xacts AS p),
    'standbys', (
        SELECT coalesce(pg_catalog.json_agg(pg_catalog.json_build_object(
            'pid', r.pid, 'application_name', r.application_name, 'client_address', pg_catalog.host(r.client_addr),
            'state', r.state, 'xmin_age', pg_catalog.age(r.backend_xmin)) ORDER BY r.pid), '[]')
        FROM pg_catalog.pg_stat_replication AS r
        -- The session that asks may be one that came in as a walsender.
        WHERE r.pid <> pg_catalog.pg_backend_pid())
)::text AS document
