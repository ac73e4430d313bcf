-- The key of a column that is furthest from zero, by the statistics of the last ANALYZE. NULL where a table or a partition
-- has none: max() would know it to the last, but reads the index, and would count as a use of it ever after.
-- $1 the table, $2 the column. Minimum version: 14.
SELECT CASE WHEN bool_and(s.tablename IS NOT NULL OR c.reltuples = 0)
            THEN coalesce(max(greatest(b.value, -(b.value + 1))), 0) END AS last
FROM (SELECT $1::bigint::oid AS oid) AS o
     LEFT JOIN LATERAL pg_catalog.pg_partition_tree(o.oid) AS x ON x.isleaf
     JOIN pg_catalog.pg_class AS c ON c.oid = coalesce(x.relid, o.oid)
     JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
     LEFT JOIN pg_catalog.pg_stats AS s
          ON s.schemaname = n.nspname AND s.tablename = c.relname AND s.attname = $2 AND NOT s.inherited
     LEFT JOIN LATERAL (
         SELECT h.value FROM pg_catalog.unnest(s.histogram_bounds::text::bigint[]) AS h (value)
         UNION ALL
         SELECT m.value FROM pg_catalog.unnest(s.most_common_vals::text::bigint[]) AS m (value)) AS b ON true
