-- Whether refreshes are recorded here, and whether the role may read that. No parameters. Minimum version: 14.
SELECT c.oid IS NOT NULL AS is_there,
       c.oid IS NOT NULL AND pg_catalog.has_schema_privilege('dbctl', 'USAGE')
           AND pg_catalog.has_table_privilege(c.oid, 'SELECT') AS is_readable
FROM (SELECT (SELECT k.oid FROM pg_catalog.pg_class AS k JOIN pg_catalog.pg_namespace AS n ON n.oid = k.relnamespace
              WHERE n.nspname = 'dbctl' AND k.relname = 'refresh_runs') AS oid) AS c
