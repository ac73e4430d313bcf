-- Tables whose row type has the mark of `dbctl partition retain` as its comment.
-- $1 how the mark begins. Minimum version: 14.
SELECT c.oid::bigint AS oid,
       n.nspname AS schema,
       c.relname AS name,
       c.relispartition AS is_attached,
       d.description AS comment
FROM pg_catalog.pg_description AS d
     JOIN pg_catalog.pg_class AS c ON c.reltype = d.objoid
     JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE d.classoid = 'pg_catalog.pg_type'::pg_catalog.regclass
  AND d.objsubid = 0
  AND c.relkind IN ('r', 'p', 'f')
  AND pg_catalog.starts_with(d.description, $1)
ORDER BY n.nspname, c.relname
