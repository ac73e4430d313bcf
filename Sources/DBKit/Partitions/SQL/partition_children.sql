-- The partitions right below partitioned tables, with their bounds as the server writes them. Without their sizes, which
-- cost a look at the disk for each.
-- $1 oids of the tables. Minimum version: 14.
SELECT i.inhparent::bigint AS parent,
       c.oid::bigint AS oid,
       n.nspname AS schema,
       c.relname AS name,
       c.relkind::text AS kind,
       -- Bounds have no columns in them: without its oid the partition need not be opened, and nobody's lock is waited for.
       pg_catalog.pg_get_expr(c.relpartbound, 0) AS bounds,
       i.inhdetachpending AS is_detach_pending,
       c.reltuples::float8 AS row_estimate
FROM pg_catalog.pg_inherits AS i
     JOIN pg_catalog.pg_class AS c ON c.oid = i.inhrelid
     JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE i.inhparent = ANY ($1::bigint[]::oid[])
