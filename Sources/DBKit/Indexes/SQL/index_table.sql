-- The table of an index: what is called exactly so, with its schema or as the session's search_path sees it, before what the
-- server makes of it, for which Orders is orders.
-- $1 the name as written. Minimum version: 14.
SELECT c.oid::bigint AS oid,
       n.nspname AS schema,
       c.relname AS name,
       c.relkind::text AS kind,
       -- The whole partitioned table is one job: two builds in it would meet.
       coalesce(pg_catalog.pg_partition_root(c.oid), c.oid)::oid::bigint AS root,
       (SELECT pg_catalog.format('%I.%I', rn.nspname, r.relname)
        FROM pg_catalog.pg_class AS r JOIN pg_catalog.pg_namespace AS rn ON rn.oid = r.relnamespace
        WHERE r.oid = coalesce(pg_catalog.pg_partition_root(c.oid), c.oid)) AS root_label,
       pg_catalog.has_schema_privilege(n.oid, 'CREATE') AS may_create,
       pg_catalog.pg_has_role(c.relowner, 'USAGE') AS is_own,
       pg_catalog.pg_get_userbyid(c.relowner) AS owner,
       ARRAY(SELECT a.attname::text FROM pg_catalog.pg_attribute AS a
             WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum) AS columns
FROM pg_catalog.pg_class AS c
     JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.oid = coalesce(
    (SELECT e.oid FROM pg_catalog.pg_class AS e JOIN pg_catalog.pg_namespace AS en ON en.oid = e.relnamespace
     WHERE e.relkind IN ('r', 'p', 'm', 'f', 'v', 't')
       AND (en.nspname || '.' || e.relname = $1 OR e.relname = $1 AND pg_catalog.pg_table_is_visible(e.oid))
     LIMIT 1),
    -- Behind OFFSET, else the planner would read a name that is none of SQL, and fail.
    (SELECT pg_catalog.to_regclass(w.name) FROM (SELECT $1::text AS name OFFSET 0) AS w))
