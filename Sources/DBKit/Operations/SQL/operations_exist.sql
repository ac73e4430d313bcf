-- Whether the record of operations exists, and whether the current role may write it.
-- Minimum version: 14.
SELECT c.oid IS NOT NULL AS is_there,
       has_schema_privilege(n.oid, 'USAGE')
           AND coalesce(has_table_privilege(c.oid, 'INSERT, UPDATE'), false) AS is_writable,
       has_schema_privilege(n.oid, 'USAGE') AND coalesce(has_table_privilege(c.oid, 'SELECT'), false) AS is_readable,
       false AS is_published
FROM pg_catalog.pg_namespace AS n
-- Not by to_regclass(), which fails where the role may not use the schema.
LEFT JOIN pg_catalog.pg_class AS c ON c.relnamespace = n.oid AND c.relname = 'operations'
WHERE n.nspname = 'dbctl'
UNION ALL
-- What publishes every table would send it to subscribers that do not have it, and stop them.
SELECT false, false, false, EXISTS (SELECT FROM pg_catalog.pg_publication WHERE puballtables)
    AND EXISTS (SELECT FROM pg_catalog.pg_replication_slots WHERE slot_type = 'logical' AND database = current_database())
WHERE to_regnamespace('dbctl') IS NULL
