-- An index by the name that somebody typed: what is called exactly so, with its schema or as the session's search_path sees
-- it, before what the server makes of it, for which Orders_idx is orders_idx.
-- $1 the name. Minimum version: 14.
SELECT c.oid::bigint AS oid
FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_index AS i ON i.indexrelid = c.oid
WHERE c.oid = coalesce(
    (SELECT e.oid FROM pg_catalog.pg_class AS e JOIN pg_catalog.pg_namespace AS en ON en.oid = e.relnamespace
     WHERE e.relkind IN ('i', 'I')
       AND (en.nspname || '.' || e.relname = $1 OR e.relname = $1 AND pg_catalog.pg_table_is_visible(e.oid))
     LIMIT 1),
    -- Behind OFFSET, else the planner would read a name that is none of SQL, and fail.
    (SELECT pg_catalog.to_regclass(w.name) FROM (SELECT $1::text AS name OFFSET 0) AS w))
