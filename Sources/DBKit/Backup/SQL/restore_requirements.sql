-- Which of the named roles, tablespaces and extensions this server lacks.
-- Parameters: $1 roles, $2 tablespaces, $3 extensions, each an array of names as hexadecimal text in the encoding
-- $4 (an archive is not always UTF-8). Minimum version: 14.
SELECT wanted.kind, wanted.name
FROM (
    SELECT 'role' AS kind, r AS name FROM unnest($1::text[]) AS r
    UNION ALL
    SELECT 'tablespace', t FROM unnest($2::text[]) AS t
    UNION ALL
    SELECT 'extension', e FROM unnest($3::text[]) AS e
) AS wanted
CROSS JOIN LATERAL (
    SELECT pg_catalog.convert_from(pg_catalog.decode(wanted.name, 'hex'), $4)::name AS name
) AS decoded
WHERE CASE wanted.kind
    WHEN 'role' THEN NOT EXISTS (SELECT FROM pg_catalog.pg_roles AS r WHERE r.rolname = decoded.name)
    WHEN 'tablespace' THEN NOT EXISTS (SELECT FROM pg_catalog.pg_tablespace AS t WHERE t.spcname = decoded.name)
    ELSE NOT EXISTS (SELECT FROM pg_catalog.pg_available_extensions AS e WHERE e.name = decoded.name)
END
ORDER BY wanted.kind, wanted.name
