-- Whether the record of operations exists, and whether the current role may write it.
-- Minimum version: 14.
SELECT to_regclass('dbctl.operations') IS NOT NULL AS is_there,
       coalesce(has_schema_privilege('dbctl', 'USAGE'), false)
           AND coalesce(has_table_privilege(to_regclass('dbctl.operations'), 'INSERT, UPDATE'), false) AS is_writable,
       coalesce(has_schema_privilege('dbctl', 'USAGE'), false)
           AND coalesce(has_table_privilege(to_regclass('dbctl.operations'), 'SELECT'), false) AS is_readable,
       false AS is_published
FROM (SELECT 1) AS one
WHERE to_regnamespace('dbctl') IS NOT NULL
UNION ALL
-- What publishes every table would send it to subscribers that do not have it, and stop them.
SELECT false, false, false, EXISTS (SELECT FROM pg_catalog.pg_publication WHERE puballtables)
    AND EXISTS (SELECT FROM pg_catalog.pg_replication_slots WHERE slot_type = 'logical' AND database = current_database())
WHERE to_regnamespace('dbctl') IS NULL
