-- The extended statistics of a table, which ALTER TABLE … SET SCHEMA leaves where they are.
-- $1 its oid. Minimum version: 14.
SELECT s.oid::bigint AS oid, n.nspname AS schema, s.stxname AS name
FROM pg_catalog.pg_statistic_ext AS s JOIN pg_catalog.pg_namespace AS n ON n.oid = s.stxnamespace
WHERE s.stxrelid = $1::bigint::oid
ORDER BY s.stxname
