-- Whether the history of migrations exists, and what the current role may do with it.
-- Minimum version: 14.
SELECT EXISTS (SELECT FROM pg_catalog.pg_class AS c WHERE c.relnamespace = n.oid AND c.relname = 'migrations')
           AND EXISTS (SELECT FROM pg_catalog.pg_class AS c
                       WHERE c.relnamespace = n.oid AND c.relname = 'migration_texts') AS is_there,
       has_schema_privilege(n.oid, 'USAGE')
           AND NOT EXISTS (SELECT FROM pg_catalog.pg_class AS c
                           WHERE c.relnamespace = n.oid AND c.relname IN ('migrations', 'migration_texts')
                             AND NOT has_table_privilege(c.oid, 'SELECT')) AS is_readable
FROM pg_catalog.pg_namespace AS n
WHERE n.nspname = 'dbctl'
UNION ALL
SELECT false, false WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_namespace AS n WHERE n.nspname = 'dbctl')
