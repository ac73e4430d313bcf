-- What partitions take on disk, with their indexes and TOAST; of one that is partitioned itself, all below it.
-- $1 their oids. Minimum version: 14.
SELECT o.oid::bigint AS oid,
       coalesce((SELECT sum(pg_catalog.pg_total_relation_size(t.relid)) FROM pg_catalog.pg_partition_tree(o.oid) AS t
                 WHERE t.isleaf), pg_catalog.pg_total_relation_size(o.oid), 0)::bigint AS size_bytes,
       -- Unknown where one that may have rows was never analysed.
       (SELECT CASE WHEN coalesce(bool_or(c.reltuples < 0 AND (c.relkind = 'f' OR pg_catalog.pg_relation_size(c.oid) > 0)), false)
                    THEN NULL ELSE coalesce(sum(greatest(c.reltuples, 0)), 0)::float8 END
        FROM pg_catalog.pg_partition_tree(o.oid) AS t JOIN pg_catalog.pg_class AS c ON c.oid = t.relid
        WHERE t.isleaf) AS row_estimate
FROM pg_catalog.unnest($1::bigint[]::oid[]) AS o (oid)
