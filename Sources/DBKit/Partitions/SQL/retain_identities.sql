-- Partitions of partitions that lack an identity which the one above them has. ATTACH of 17 and later leaves them so, and
-- DETACH then fails half way through, for good.
-- $1 oids of the partitions that are to be detached. Minimum version: 14.
SELECT t.relid::pg_catalog.regclass::text AS relation,
       t.parentrelid::pg_catalog.regclass::text AS parent,
       a.attname AS name
FROM pg_catalog.unnest($1::bigint[]::oid[]) AS o (oid)
     CROSS JOIN LATERAL pg_catalog.pg_partition_tree(o.oid) AS t
     JOIN pg_catalog.pg_attribute AS p ON p.attrelid = o.oid AND p.attidentity <> ''
     JOIN pg_catalog.pg_attribute AS a ON a.attrelid = t.relid AND a.attname = p.attname AND a.attidentity = ''
WHERE t.relid <> o.oid
ORDER BY 1, 3
