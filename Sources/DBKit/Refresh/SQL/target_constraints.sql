-- The foreign keys and checks of a table.
-- $1 the table's oid. Minimum version: 14.
SELECT k.conname AS name,
       k.contype::text AS kind,
       pg_catalog.pg_get_constraintdef(k.oid) AS definition,
       ARRAY(SELECT a.attname::text FROM pg_catalog.unnest(k.conkey) WITH ORDINALITY AS u (number, place)
                  JOIN pg_catalog.pg_attribute AS a ON a.attrelid = k.conrelid AND a.attnum = u.number
             ORDER BY u.place) AS columns,
       rn.nspname AS referenced_schema,
       r.relname AS referenced_table,
       ARRAY(SELECT a.attname::text FROM pg_catalog.unnest(k.confkey) WITH ORDINALITY AS u (number, place)
                  JOIN pg_catalog.pg_attribute AS a ON a.attrelid = k.confrelid AND a.attnum = u.number
             ORDER BY u.place) AS referenced_columns
FROM pg_catalog.pg_constraint AS k
     LEFT JOIN pg_catalog.pg_class AS r ON r.oid = k.confrelid
     LEFT JOIN pg_catalog.pg_namespace AS rn ON rn.oid = r.relnamespace
WHERE k.conrelid = $1::bigint::oid AND k.contype IN ('f', 'c') AND k.convalidated
  -- Of a PERIOD (18+) equality says nothing.
  AND NOT coalesce((pg_catalog.to_jsonb(k) ->> 'conperiod')::boolean, false)
ORDER BY k.conname
