-- The foreign keys of other tables that refer to a table.
-- $1 the table's oid. Minimum version: 14.
SELECT n.nspname AS schema, c.relname AS name,
       ARRAY(SELECT a.attname::text FROM pg_catalog.unnest(k.conkey) WITH ORDINALITY AS u (number, place)
                  JOIN pg_catalog.pg_attribute AS a ON a.attrelid = k.conrelid AND a.attnum = u.number
             ORDER BY u.place) AS columns,
       ARRAY(SELECT a.attname::text FROM pg_catalog.unnest(k.confkey) WITH ORDINALITY AS u (number, place)
                  JOIN pg_catalog.pg_attribute AS a ON a.attrelid = k.confrelid AND a.attnum = u.number
             ORDER BY u.place) AS referenced_columns
FROM pg_catalog.pg_constraint AS k
     JOIN pg_catalog.pg_class AS c ON c.oid = k.conrelid
     JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE k.confrelid = $1::bigint::oid AND k.contype = 'f' AND k.conparentid = 0
ORDER BY n.nspname, c.relname, k.conname
