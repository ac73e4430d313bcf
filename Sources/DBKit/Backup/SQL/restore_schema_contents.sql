-- What is in schemas that are to be filled: up to five objects.
-- Parameters: $1 names of the schemas. Minimum version: 14.
SELECT found.name
FROM (
    SELECT c.relnamespace AS schema, c.oid::regclass::text AS name
    FROM pg_catalog.pg_class AS c
    WHERE c.relkind NOT IN ('i', 'I', 't')
    UNION ALL
    SELECT p.pronamespace, p.oid::regprocedure::text FROM pg_catalog.pg_proc AS p
    UNION ALL
    SELECT t.typnamespace, t.oid::regtype::text
    FROM pg_catalog.pg_type AS t
    WHERE t.typrelid = 0 AND t.typelem = 0
) AS found
JOIN pg_catalog.pg_namespace AS n ON n.oid = found.schema
WHERE n.nspname = ANY ($1::text[])
ORDER BY found.name
LIMIT 5
