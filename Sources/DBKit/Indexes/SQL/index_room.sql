-- Where a new index would lie, where its rows are sorted, and what its build may keep in memory. The folders are NULL where
-- the role may not know them.
-- $1 the oids of the tables; of a partitioned one, all below it count. Minimum version: 14.
WITH place AS (
    SELECT coalesce(nullif(pg_catalog.pg_tablespace_location(d.dattablespace), ''),
                    CASE WHEN pg_catalog.pg_has_role('pg_read_all_settings', 'USAGE')
                              OR pg_catalog.current_setting('is_superuser') = 'on'
                         THEN pg_catalog.current_setting('data_directory') END) AS folder
    FROM pg_catalog.pg_database AS d
    WHERE d.datname = current_database()
)
SELECT pg_catalog.pg_backend_pid() AS pid,
       coalesce((SELECT nullif(pg_catalog.pg_tablespace_location(t.oid), '') FROM pg_catalog.pg_tablespace AS t
                 WHERE t.spcname = nullif(pg_catalog.current_setting('default_tablespace'), '')), p.folder) AS folder,
       -- The server takes them in turn: each may be the one.
       coalesce((SELECT pg_catalog.array_agg(coalesce(nullif(pg_catalog.pg_tablespace_location(t.oid), ''), p.folder))
                 FROM pg_catalog.pg_tablespace AS t
                 WHERE t.spcname = ANY (pg_catalog.regexp_split_to_array(
                           pg_catalog.replace(pg_catalog.current_setting('temp_tablespaces'), '"', ''), '\s*,\s*'))),
                ARRAY[p.folder]) AS sort_folders,
       (SELECT setting::bigint * 1024 FROM pg_catalog.pg_settings WHERE name = 'maintenance_work_mem')
           AS maintenance_bytes,
       (SELECT coalesce(sum(pg_catalog.pg_table_size(coalesce(x.relid, o.oid))), 0)
        FROM pg_catalog.unnest($1::bigint[]::oid[]) AS o (oid)
             LEFT JOIN LATERAL pg_catalog.pg_partition_tree(o.oid) AS x ON x.isleaf)::bigint AS table_bytes
FROM place AS p
