-- Whether the server knows how many rows a table has, and on how many pages they lie.
-- $1 its oid; of a partitioned one, all below it count. Minimum version: 14.
SELECT coalesce(bool_and(c.reltuples > 0 OR c.reltuples = 0 AND pg_catalog.pg_relation_size(c.oid) = 0)
                -- Nobody goes to another server for it.
                OR bool_or(c.relkind = 'f'), true) AS is_counted,
       coalesce(sum(pg_catalog.pg_relation_size(c.oid)) / pg_catalog.current_setting('block_size')::bigint, 0)::float8
           AS pages
FROM (SELECT $1::bigint::oid AS oid) AS o
     LEFT JOIN LATERAL pg_catalog.pg_partition_tree(o.oid) AS x ON x.isleaf
     JOIN pg_catalog.pg_class AS c ON c.oid = coalesce(x.relid, o.oid)
