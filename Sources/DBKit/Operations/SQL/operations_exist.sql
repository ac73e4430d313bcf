-- Whether the record of operations exists, and what the current role may do with it. By the catalog alone: to_regclass() of
-- a schema that one may not use is an error, and stands in the server's log.
-- Minimum version: 14.
SELECT c.oid IS NOT NULL AS is_there,
       c.oid IS NOT NULL AND pg_catalog.has_schema_privilege(n.oid, 'USAGE')
           AND pg_catalog.has_table_privilege(c.oid, 'SELECT') AND pg_catalog.has_table_privilege(c.oid, 'INSERT')
           AND pg_catalog.has_table_privilege(c.oid, 'UPDATE') AS is_writable,
       c.oid IS NOT NULL AND pg_catalog.has_schema_privilege(n.oid, 'USAGE')
           AND pg_catalog.has_table_privilege(c.oid, 'SELECT') AS is_readable,
       -- What publishes every table would send it to subscribers that do not have it, and stop them.
       n.oid IS NULL
           AND EXISTS (SELECT FROM pg_catalog.pg_publication WHERE puballtables)
           AND EXISTS (SELECT FROM pg_catalog.pg_replication_slots
                       WHERE slot_type = 'logical' AND database = pg_catalog.current_database()) AS is_published
FROM (SELECT 1) AS one
     LEFT JOIN pg_catalog.pg_namespace AS n ON n.nspname = 'dbctl'
     LEFT JOIN pg_catalog.pg_class AS c ON c.relnamespace = n.oid AND c.relname = 'operations'
