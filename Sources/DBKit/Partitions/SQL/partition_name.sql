-- What has a name in a schema.
-- $1 the schema, $2 the name. Minimum version: 14.
SELECT c.oid::bigint AS oid,
       CASE c.relkind WHEN 'r' THEN 'a table' WHEN 'p' THEN 'a partitioned table' WHEN 'v' THEN 'a view'
                      WHEN 'm' THEN 'a materialized view' WHEN 'S' THEN 'a sequence' WHEN 'f' THEN 'a foreign table'
                      WHEN 'c' THEN 'a type' ELSE 'an index' END AS kind,
       (SELECT i.inhparent::pg_catalog.regclass::text FROM pg_catalog.pg_inherits AS i WHERE i.inhrelid = c.oid LIMIT 1)
           AS parent
FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname = $1 AND c.relname = $2
UNION ALL
-- A table has a row type of its name. An array's type gives way by itself, and a relation's is told above.
SELECT t.oid::bigint, CASE t.typtype WHEN 'd' THEN 'a domain' WHEN 'e' THEN 'an enum' ELSE 'a type' END, NULL
FROM pg_catalog.pg_type AS t JOIN pg_catalog.pg_namespace AS n ON n.oid = t.typnamespace
WHERE n.nspname = $1 AND t.typname = $2 AND t.typrelid = 0
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_type AS e WHERE e.typarray = t.oid)
