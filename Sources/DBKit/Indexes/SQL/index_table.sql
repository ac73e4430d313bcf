-- The table of an index.
-- $1 its oid. Minimum version: 14.
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
WHERE c.oid = $1::bigint::oid
