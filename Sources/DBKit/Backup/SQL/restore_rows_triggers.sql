-- Triggers that would fire when rows come into these tables or into the partition trees that they belong to, ancestors
-- first.
-- Parameters: $1 OIDs of roots. Minimum version: 14.
SELECT
    n.nspname::text AS schema, c.relname::text AS table_name, t.tgname::text AS name, t.tgenabled = 'A' AS is_always
FROM (
    SELECT r.root::oid AS relid, 0 AS level
    FROM unnest($1::bigint[]) AS r (root)
    UNION
    SELECT p.relid::oid, p.level
    FROM unnest($1::bigint[]) AS r (root)
    CROSS JOIN LATERAL pg_catalog.pg_partition_tree(r.root::oid::regclass) AS p
) AS tree
JOIN pg_catalog.pg_trigger AS t ON t.tgrelid = tree.relid
JOIN pg_catalog.pg_class AS c ON c.oid = tree.relid
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE NOT t.tgisinternal
    AND t.tgenabled IN ('O', 'A')
    -- TRIGGER_TYPE_INSERT
    AND t.tgtype & 4 <> 0
ORDER BY tree.level, n.nspname, c.relname, t.tgname
