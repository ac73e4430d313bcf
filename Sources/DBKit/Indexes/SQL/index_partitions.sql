-- A partitioned table and everything below it, from the top.
-- $1 its oid. Minimum version: 14.
SELECT c.oid::bigint AS oid,
       p.parentrelid::bigint AS parent,
       p.level,
       n.nspname AS schema,
       c.relname AS name,
       c.relkind::text AS kind,
       pg_catalog.pg_has_role(c.relowner, 'USAGE') AS is_own,
       pg_catalog.pg_get_userbyid(c.relowner) AS owner,
       pg_catalog.has_schema_privilege(n.oid, 'CREATE') AS may_create,
       -- What a unique index on it must contain.
       ARRAY(SELECT CASE WHEN k.attnum = 0 THEN '(an expression)' ELSE pg_catalog.quote_ident(a.attname) END
             FROM pg_catalog.pg_partitioned_table AS t
                  CROSS JOIN LATERAL pg_catalog.unnest(t.partattrs::int2[]) AS k (attnum)
                  LEFT JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.oid AND a.attnum = k.attnum
             WHERE t.partrelid = c.oid) AS partition_key,
       ARRAY(SELECT a.attname::text FROM pg_catalog.pg_attribute AS a
             WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum) AS columns
FROM pg_catalog.pg_partition_tree($1::bigint::oid) AS p
     JOIN pg_catalog.pg_class AS c ON c.oid = p.relid
     JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
ORDER BY p.level, n.nspname, c.relname
