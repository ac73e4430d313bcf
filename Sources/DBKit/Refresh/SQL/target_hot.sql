-- How many rows of a table and its partitions this transaction has updated, and how many without touching an index.
-- $1 the table's oid. Minimum version: 14.
SELECT coalesce(sum(s.n_tup_upd), 0)::bigint AS updated, coalesce(sum(s.n_tup_hot_upd), 0)::bigint AS hot
FROM pg_catalog.pg_stat_xact_user_tables AS s
WHERE s.relid = $1::bigint::oid
   OR s.relid IN (SELECT p.relid FROM pg_catalog.pg_partition_tree($1::bigint::oid::regclass) AS p)
