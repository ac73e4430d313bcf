-- What a backup must know of server and role before it begins. Parameters: none. Minimum version: 14.
SELECT current_setting('server_version') AS server_version,
       current_database() AS database,
       current_user AS role,
       getdatabaseencoding() AS encoding,
       pg_is_in_recovery() AS is_standby,
       (CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END)::text AS lsn,
       current_setting('max_locks_per_transaction') AS max_locks,
       current_setting('max_locks_per_transaction')::bigint
         * (current_setting('max_connections')::bigint + current_setting('max_prepared_transactions')::bigint)
         AS lock_capacity,
       current_setting('block_size')::bigint / 4 AS large_object_page,
       (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) AS is_superuser,
       (SELECT count(subname) FROM pg_subscription
         WHERE subdbid = (SELECT oid FROM pg_database WHERE datname = current_database())) AS subscriptions,
       (SELECT count(*) FROM pg_user_mappings WHERE umoptions IS NULL AND umuser <> 0) AS user_mappings
