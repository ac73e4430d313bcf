-- Foreign keys between the partition trees (or plain tables) $1, as of their roots.
-- Parameters: $1 OIDs of roots. Minimum version: 14.
SELECT
    con.conname::text AS name,
    con_n.nspname::text AS schema,
    c.relname::text AS table_name,
    con.condeferrable AS is_deferrable,
    coalesce(pg_catalog.pg_partition_root(con.conrelid)::oid, con.conrelid)::bigint AS from_root,
    coalesce(pg_catalog.pg_partition_root(con.confrelid)::oid, con.confrelid)::bigint AS to_root
FROM pg_catalog.pg_constraint AS con
JOIN pg_catalog.pg_class AS c ON c.oid = con.conrelid
JOIN pg_catalog.pg_namespace AS con_n ON con_n.oid = c.relnamespace
WHERE con.contype = 'f'
    -- What a partition has of its table's key changes with that one.
    AND con.conparentid = 0
    AND coalesce(pg_catalog.pg_partition_root(con.conrelid)::oid, con.conrelid)::bigint = ANY ($1::bigint[])
    AND coalesce(pg_catalog.pg_partition_root(con.confrelid)::oid, con.confrelid)::bigint = ANY ($1::bigint[])
ORDER BY con_n.nspname, c.relname, con.conname
