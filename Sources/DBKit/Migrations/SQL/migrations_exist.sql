-- Whether the history of migrations exists, and what the current role may do with it.
-- Minimum version: 14.
SELECT to_regclass('dbctl.migrations') IS NOT NULL AND to_regclass('dbctl.migration_texts') IS NOT NULL AS is_there,
       coalesce(has_schema_privilege('dbctl', 'USAGE'), false)
           AND coalesce(has_table_privilege(to_regclass('dbctl.migrations'), 'SELECT'), false)
           AND coalesce(has_table_privilege(to_regclass('dbctl.migration_texts'), 'SELECT'), false) AS is_readable
FROM (SELECT 1) AS one
WHERE to_regnamespace('dbctl') IS NOT NULL
UNION ALL
SELECT false, false WHERE to_regnamespace('dbctl') IS NULL
