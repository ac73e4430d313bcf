-- How large the index of a sample has become.
-- $1 the sample's name as it stands in a statement. Minimum version: 14.
SELECT pg_catalog.pg_relation_size(i.indexrelid)::float8 AS bytes
FROM pg_catalog.pg_index AS i
WHERE i.indrelid = pg_catalog.to_regclass($1)
