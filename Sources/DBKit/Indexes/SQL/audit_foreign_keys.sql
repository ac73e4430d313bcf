-- Foreign keys with their own side's columns; those that a partition inherits are left out. Minimum version: 14.
SELECT k.conrelid::bigint AS table_oid,
       n.nspname AS schema,
       c.relname AS table_name,
       k.conname AS name,
       k.confrelid::regclass::text AS referenced,
       ARRAY(SELECT pg_catalog.quote_ident(a.attname) FROM pg_catalog.unnest(k.conkey) WITH ORDINALITY AS x (number, place)
                  JOIN pg_catalog.pg_attribute AS a ON a.attrelid = k.conrelid AND a.attnum = x.number
             ORDER BY x.place) AS columns,
       pg_catalog.pg_relation_size(k.conrelid) AS size_bytes
FROM pg_catalog.pg_constraint AS k
     JOIN pg_catalog.pg_class AS c ON c.oid = k.conrelid
     JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE k.contype = 'f' AND k.conparentid = 0
ORDER BY n.nspname, c.relname, k.conname
