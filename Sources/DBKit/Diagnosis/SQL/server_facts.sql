-- What any role can see of its server: version, role, encoding, time zone, and how many connections are left.
-- Parameters: none.
-- Minimum version: 14.
SELECT current_setting('server_version') AS version,
       current_setting('server_version_num')::int4 AS version_number,
       pg_catalog.pg_is_in_recovery() AS is_standby,
       current_setting('server_encoding') AS encoding,
       -- What a session gets that sets nothing itself: dbctl's own sessions always say UTC.
       (SELECT reset_val FROM pg_catalog.pg_settings WHERE name = 'TimeZone') AS time_zone,
       current_setting('max_connections')::int4 AS max_connections,
       current_setting('superuser_reserved_connections')::int4
           + coalesce(current_setting('reserved_connections', true), '0')::int4 AS reserved,
       -- To a role without pg_monitor the kind of other users' backends is NULL.
       (SELECT count(*)
        FROM pg_catalog.pg_stat_activity
        WHERE backend_type = 'client backend' AND usesysid IS NOT NULL
           OR backend_type IS NULL AND datid IS NOT NULL AND usesysid IS NOT NULL)::int4 AS used,
       -- A connection that has not logged in yet holds a slot, and a transaction of its own, but has no user and no
       -- database: until 18 it is in no view of sessions.
       (SELECT count(*)
        FROM pg_catalog.pg_locks AS l
        LEFT JOIN pg_catalog.pg_stat_activity AS a ON a.pid = l.pid
        WHERE l.locktype = 'virtualxid'
          AND l.granted
          AND l.pid IS NOT NULL
          AND (a.pid IS NULL
               OR a.datid IS NULL AND a.usesysid IS NULL
                  AND coalesce(a.backend_type, 'client backend') = 'client backend'))::int4 AS hidden,
       current_database()::text AS database,
       current_user::text AS role,
       r.rolsuper AS is_superuser,
       r.rolconnlimit AS role_limit,
       (SELECT count(*) FROM pg_catalog.pg_stat_activity WHERE usesysid = r.oid)::int4 AS role_used,
       d.datconnlimit AS database_limit,
       (SELECT count(*) FROM pg_catalog.pg_stat_activity WHERE datid = d.oid AND usesysid IS NOT NULL)::int4
           AS database_used,
       pg_catalog.pg_has_role(current_user, 'pg_monitor', 'USAGE') AS is_monitor
FROM pg_catalog.pg_roles AS r, pg_catalog.pg_database AS d
WHERE r.rolname = current_user
  AND d.datname = current_database()
