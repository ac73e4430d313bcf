-- Where a new index would lie, and what its build may keep in memory. The folder is NULL where the role may not know it.
-- $1 the table's oid. Minimum version: 14.
SELECT pg_catalog.pg_backend_pid() AS pid,
       CASE WHEN pg_catalog.pg_has_role('pg_read_all_settings', 'USAGE')
                 OR pg_catalog.current_setting('is_superuser') = 'on'
            THEN coalesce(nullif(pg_catalog.pg_tablespace_location(
                              (SELECT t.oid FROM pg_catalog.pg_tablespace AS t
                               WHERE t.spcname = nullif(pg_catalog.current_setting('default_tablespace'), ''))), ''),
                          nullif(pg_catalog.pg_tablespace_location(
                              (SELECT d.dattablespace FROM pg_catalog.pg_database AS d
                               WHERE d.datname = current_database())), ''),
                          pg_catalog.current_setting('data_directory')) END AS folder,
       (SELECT setting::bigint * 1024 FROM pg_catalog.pg_settings WHERE name = 'maintenance_work_mem')
           AS maintenance_bytes,
       pg_catalog.pg_table_size($1::bigint::oid) AS table_bytes
