-- Whether the current database has the journal of a restore, whose it is, and whether it is one: a restore that made
-- anything has noted it in the same transaction.
-- Parameters: none. Minimum version: 14.
SELECT
    pg_catalog.pg_get_userbyid(n.nspowner)::text AS owner,
    current_user::text AS role,
    pg_catalog.pg_has_role(n.nspowner, 'USAGE') AS is_ours,
    (
        SELECT count(*) = 3
        FROM pg_catalog.pg_class AS c
        WHERE c.relnamespace = n.oid AND c.relkind = 'r' AND c.relname IN ('purpose', 'run', 'done')
    ) AS is_whole
FROM pg_catalog.pg_namespace AS n
WHERE n.nspname = 'dbctl_restore_journal'
