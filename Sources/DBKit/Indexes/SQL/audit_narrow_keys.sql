-- Columns of two or four bytes that a sequence fills, with how far it is. Minimum version: 14.
SELECT n.nspname AS schema,
       c.relname AS table_name,
       a.attname AS column_name,
       pg_catalog.format_type(a.atttypid, NULL) AS type,
       coalesce(s.last_value, 0) AS last_value,
       CASE a.atttypid WHEN 'int2'::regtype THEN 32767 ELSE 2147483647 END::bigint AS maximum,
       pg_catalog.pg_total_relation_size(c.oid) AS size_bytes
FROM pg_catalog.pg_depend AS d
     JOIN pg_catalog.pg_class AS q ON q.oid = d.objid AND q.relkind = 'S'
     JOIN pg_catalog.pg_namespace AS qn ON qn.oid = q.relnamespace
     JOIN pg_catalog.pg_sequences AS s ON s.schemaname = qn.nspname AND s.sequencename = q.relname
     JOIN pg_catalog.pg_class AS c ON c.oid = d.refobjid
     JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
     JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.oid AND a.attnum = d.refobjsubid
WHERE d.classid = 'pg_catalog.pg_class'::regclass
  AND d.refclassid = 'pg_catalog.pg_class'::regclass
  AND d.deptype IN ('a', 'i')
  AND a.atttypid IN ('int2'::regtype, 'int4'::regtype)
ORDER BY n.nspname, c.relname, a.attname
