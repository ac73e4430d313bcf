-- Whether the journal of a restore has lost its rows: it says nothing of its purpose, or of what is there.
-- Parameters: none. Minimum version: 14.
SELECT
    NOT EXISTS (SELECT FROM dbctl_restore_journal.purpose)
    OR NOT EXISTS (SELECT FROM dbctl_restore_journal.done) AND EXISTS (
        SELECT
        FROM pg_catalog.pg_class AS c
        JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
        WHERE c.oid >= 16384
            AND c.relkind NOT IN ('i', 'I', 't')
            AND n.nspname !~ '^pg_(toast|temp)'
            AND n.nspname <> 'dbctl_restore_journal'
            AND NOT EXISTS (
                SELECT FROM pg_catalog.pg_depend AS d
                WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
    ) AS is_emptied
