-- Identity columns with their sequences: what they are like, and how far they are.
-- $1 the table's oid. Minimum version: 14.
SELECT a.attname AS column,
       a.attidentity = 'a' AS is_always,
       n.nspname AS schema,
       s.relname AS name,
       q.seqstart AS start, q.seqincrement AS increment, q.seqmin AS minimum, q.seqmax AS maximum, q.seqcache AS cache,
       q.seqcycle AS cycles,
       s.oid::bigint AS oid
FROM pg_catalog.pg_attribute AS a
     JOIN pg_catalog.pg_depend AS d ON d.refclassid = 'pg_catalog.pg_class'::regclass AND d.refobjid = a.attrelid
          AND d.refobjsubid = a.attnum AND d.classid = 'pg_catalog.pg_class'::regclass AND d.deptype = 'i'
     JOIN pg_catalog.pg_class AS s ON s.oid = d.objid AND s.relkind = 'S'
     JOIN pg_catalog.pg_sequence AS q ON q.seqrelid = s.oid
     JOIN pg_catalog.pg_namespace AS n ON n.oid = s.relnamespace
WHERE a.attrelid = $1::bigint::oid AND a.attidentity <> '' AND NOT a.attisdropped
ORDER BY a.attnum
