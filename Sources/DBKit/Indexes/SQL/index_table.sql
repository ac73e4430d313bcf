-- The table of an index, as the session's search_path sees it.
-- $1 the name as written, with a schema or without, or an oid. Minimum version: 14.
SELECT c.oid::bigint AS oid,
       n.nspname AS schema,
       c.relname AS name,
       c.relkind::text AS kind,
       -- The whole partitioned table is one job: two builds in it would meet.
       coalesce(pg_catalog.pg_partition_root(c.oid), c.oid)::oid::bigint AS root,
       pg_catalog.pg_has_role(c.relowner, 'USAGE') AS is_own,
       pg_catalog.pg_get_userbyid(c.relowner) AS owner,
       ARRAY(SELECT a.attname::text FROM pg_catalog.pg_attribute AS a
             WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum) AS columns
FROM pg_catalog.pg_class AS c
     JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.oid = pg_catalog.to_regclass($1)
