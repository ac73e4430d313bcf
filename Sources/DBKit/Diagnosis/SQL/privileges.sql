-- What the current role may do in the current database.
-- Parameters: none.
-- Minimum version: 14.
SELECT pg_catalog.has_database_privilege(current_database(), 'CREATE') AS may_create,
       pg_catalog.has_database_privilege(current_database(), 'TEMPORARY') AS may_use_temporary,
       count(c.oid)::int4 AS tables,
       (count(c.oid) FILTER (WHERE pg_catalog.has_schema_privilege(n.oid, 'USAGE')
                               AND pg_catalog.has_table_privilege(c.oid, 'SELECT')))::int4 AS readable_tables
FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f')
  AND n.nspname <> 'information_schema'
  AND n.nspname !~ '^pg_'
