-- The root of a table's partition tree, which for most tables is the table itself, and the encoding that its rows are
-- kept in. No row when there is no such table. Parameters: $1 schema, $2 name. Minimum version: 14.
SELECT rn.nspname AS schema,
       r.relname AS name,
       getdatabaseencoding() AS encoding
  FROM pg_class c
  JOIN pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_class r ON r.oid = coalesce(pg_partition_root(c.oid)::oid, c.oid)
  JOIN pg_namespace rn ON rn.oid = r.relnamespace
 WHERE n.nspname = $1
   AND c.relname = $2
   AND c.relkind IN ('r', 'p', 'f')
