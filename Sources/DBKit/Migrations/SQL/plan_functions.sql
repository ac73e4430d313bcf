-- What functions by these names there are, and how volatile they are.
-- Parameters: $1 schemas (empty: whatever the search path finds), $2 names. Reads only. Minimum version: 14.
SELECT
    u.schema_name,
    u.function_name,
    n.nspname = 'pg_catalog' AS is_builtin,
    p.provolatile::text AS volatility,
    (p.pronargs - p.pronargdefaults)::int AS least,
    CASE WHEN p.provariadic <> 0 THEN 1000 ELSE p.pronargs END::int AS most
FROM unnest($1::text[], $2::text[]) AS u (schema_name, function_name)
JOIN pg_catalog.pg_proc AS p ON p.proname = u.function_name
JOIN pg_catalog.pg_namespace AS n ON n.oid = p.pronamespace
WHERE CASE WHEN u.schema_name = '' THEN pg_catalog.pg_function_is_visible(p.oid) ELSE n.nspname = u.schema_name END
