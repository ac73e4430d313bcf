-- Who this is, who may let it record refreshes, and whether all that has to be created is there.
-- No parameters. Minimum version: 14.
SELECT pg_catalog.quote_ident(current_user) AS role,
       coalesce((SELECT pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(n.nspowner)) || ', who owns the schema dbctl'
                 FROM pg_catalog.pg_namespace AS n WHERE n.nspname = 'dbctl'),
                (SELECT pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(d.datdba)) || ', who owns the database'
                 FROM pg_catalog.pg_database AS d WHERE d.datname = pg_catalog.current_database())) AS owner,
       (SELECT count(*) FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
        WHERE n.nspname = 'dbctl'
          AND c.relname IN ('operations', 'refresh_runs', 'refresh_changes', 'refresh_assets')) = 4 AS is_complete
