-- What a restore has made in its own schemas, for moving it out: tables with all that goes along with them, and
-- extended statistics, which do not.
-- Parameters: $1 names of the schemas. Minimum version: 14.
SELECT n.nspname::text AS schema, c.relname::text AS name,
    CASE WHEN c.relkind IN ('r', 'p', 'f') THEN 'table' WHEN c.relkind = 'S' THEN 'sequence' ELSE 'index' END AS kind
FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname = ANY ($1::text[])
    AND c.relkind IN ('r', 'p', 'f', 'S', 'i', 'I')
UNION ALL
SELECT n.nspname::text, s.stxname::text, 'statistics'
FROM pg_catalog.pg_statistic_ext AS s
JOIN pg_catalog.pg_namespace AS n ON n.oid = s.stxnamespace
WHERE n.nspname = ANY ($1::text[])
ORDER BY 3, 1, 2
