-- Whether the role may make what dbctl records in the schema dbctl, and if not, who can let it, and where. All names quoted.
-- Minimum version: 14.
SELECT n.oid IS NOT NULL AS is_there,
       EXISTS (SELECT FROM pg_catalog.pg_class AS c WHERE c.relnamespace = n.oid AND c.relname = 'operations') AS has_record,
       CASE WHEN n.oid IS NULL THEN pg_catalog.has_database_privilege(d.oid, 'CREATE')
            ELSE pg_catalog.has_schema_privilege(n.oid, 'USAGE') AND pg_catalog.has_schema_privilege(n.oid, 'CREATE')
       END AS may_create,
       pg_catalog.quote_ident(current_user) AS role,
       pg_catalog.quote_ident(d.datname) AS database,
       pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(coalesce(n.nspowner, d.datdba))) AS owner
FROM pg_catalog.pg_database AS d LEFT JOIN pg_catalog.pg_namespace AS n ON n.nspname = 'dbctl'
WHERE d.datname = pg_catalog.current_database()
