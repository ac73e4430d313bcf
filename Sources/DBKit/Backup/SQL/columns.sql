-- The stored columns of tables, in order; generated ones are computed again by a restore. Parameters: none.
-- Minimum version: 14.
SELECT a.attrelid AS oid,
       a.attname AS name,
       convert_to(a.attname::text, getdatabaseencoding()) AS name_bytes,
       a.atttypid AS type
  FROM pg_attribute a
  JOIN pg_class c ON c.oid = a.attrelid
  JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE c.relkind IN ('r', 'p')
   AND c.relpersistence <> 't'
   AND (n.nspname NOT LIKE 'pg\_%' OR c.oid IN (SELECT unnest(extconfig) FROM pg_extension))
   AND n.nspname <> 'information_schema'
   AND a.attnum > 0
   AND NOT a.attisdropped
   AND a.attgenerated = ''
 ORDER BY a.attrelid, a.attnum
