-- The name of a collation, as it is written behind COLLATE.
-- $1 its oid. Minimum version: 14.
SELECT pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(l.collname) AS name
FROM pg_catalog.pg_collation AS l JOIN pg_catalog.pg_namespace AS n ON n.oid = l.collnamespace
WHERE l.oid = $1::bigint::oid
