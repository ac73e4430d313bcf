-- Whether refreshes are recorded here, and what the role may do with that. No parameters. Minimum version: 14.
SELECT count(*) FILTER (WHERE c.relname = 'refresh_runs') > 0 AS is_there,
       count(*) = 3 AS is_complete,
       coalesce(bool_and(pg_catalog.has_schema_privilege(n.oid, 'USAGE')
                         AND pg_catalog.has_table_privilege(c.oid, 'SELECT')), false) AS is_readable,
       coalesce(bool_and(pg_catalog.has_schema_privilege(n.oid, 'USAGE')
                         AND pg_catalog.has_schema_privilege(n.oid, 'CREATE')
                         AND pg_catalog.has_table_privilege(c.oid, 'SELECT')
                         AND pg_catalog.has_table_privilege(c.oid, 'INSERT')
                         AND pg_catalog.has_table_privilege(c.oid, 'UPDATE')
                         AND pg_catalog.has_table_privilege(c.oid, 'DELETE')), false) AS is_writable
FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname = 'dbctl' AND c.relkind = 'r' AND c.relname IN ('refresh_runs', 'refresh_assets', 'refresh_changes')
