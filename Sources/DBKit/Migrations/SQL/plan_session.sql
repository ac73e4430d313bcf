-- What the session and the server have that decides about rewrites and rebuilt indexes: the time zone, casts that cost
-- nothing, and the operator classes that indexes take by themselves.
-- Parameters: none. Reads only. Minimum version: 14.
SELECT
    coalesce(pg_catalog.current_schema()::text, '') AS creation_schema,
    pg_catalog.current_schemas(true)::text[] AS search_path,
    -- Zones without an offset at any time. Source: TimestampTimestampTzRequiresRewrite of timestamp.c.
    pg_catalog.current_setting('TimeZone') IN (
        'UTC', 'GMT', 'Etc/UTC', 'Etc/GMT', 'UCT', 'Etc/UCT', 'Zulu', 'Etc/Zulu', 'Universal', 'Etc/Universal',
        'Greenwich', 'Etc/Greenwich', 'GMT0', 'GMT+0', 'GMT-0', 'Etc/GMT0', 'Etc/GMT+0', 'Etc/GMT-0'
    ) AS is_utc,
    (SELECT d.dattablespace::bigint FROM pg_catalog.pg_database AS d
     WHERE d.datname = pg_catalog.current_database()) AS database_tablespace,
    (SELECT t.spcname::text FROM pg_catalog.pg_database AS d
     JOIN pg_catalog.pg_tablespace AS t ON t.oid = d.dattablespace
     WHERE d.datname = pg_catalog.current_database()) AS database_tablespace_name,
    pg_catalog.current_setting('default_table_access_method') AS access_method,
    ARRAY(SELECT k.castsource::bigint || ' ' || k.casttarget::bigint FROM pg_catalog.pg_cast AS k
          WHERE k.castmethod = 'b') AS binary_casts,
    ARRAY(SELECT o.opcmethod::bigint || ' ' || o.opcintype::bigint || ' ' || o.oid::bigint
          FROM pg_catalog.pg_opclass AS o WHERE o.opcdefault) AS default_classes
