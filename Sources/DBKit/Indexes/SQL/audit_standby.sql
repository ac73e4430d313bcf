-- The indexes that queries on this server have read. A copy has the same oids. Minimum version: 14.
SELECT s.indexrelid::bigint AS oid, s.idx_scan AS scans
FROM pg_catalog.pg_stat_all_indexes AS s
WHERE s.idx_scan > 0
