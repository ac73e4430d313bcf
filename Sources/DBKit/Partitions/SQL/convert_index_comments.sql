-- The comments of a table's indexes and of its constraints, as statements about the same names in another place.
-- $1 its oid, $2 the other table, quoted, $3 its schema. Minimum version: 14.
SELECT pg_catalog.format('COMMENT ON INDEX %I.%I IS %L', $3::text, c.relname, pg_catalog.obj_description(c.oid, 'pg_class')) AS statement
FROM pg_catalog.pg_index AS i JOIN pg_catalog.pg_class AS c ON c.oid = i.indexrelid
WHERE i.indrelid = $1::bigint::oid AND pg_catalog.obj_description(c.oid, 'pg_class') IS NOT NULL
UNION ALL
SELECT pg_catalog.format('COMMENT ON CONSTRAINT %I ON %s IS %L', k.conname, $2::text, pg_catalog.obj_description(k.oid, 'pg_constraint'))
FROM pg_catalog.pg_constraint AS k
WHERE k.conrelid = $1::bigint::oid AND k.contype IN ('c', 'p', 'u') AND pg_catalog.obj_description(k.oid, 'pg_constraint') IS NOT NULL
