-- Tables whose storage is no longer the one that the snapshot knows (TRUNCATE, VACUUM FULL, a rewriting ALTER): a COPY
-- would yield no rows, without an error. To be asked after locking. Parameters: $1 OIDs. Minimum version: 14.
SELECT n.nspname AS schema, c.relname AS name
  FROM pg_class c
  JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE c.oid = ANY ($1::oid[])
   AND c.relfilenode <> 0
   AND c.relfilenode IS DISTINCT FROM pg_relation_filenode(c.oid)
 ORDER BY 1, 2
