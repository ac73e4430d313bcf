-- What has to be known of tables before they are retired: whose they are, how large, and which tables hold their rows.
-- $1 their oids. Minimum version: 14.
SELECT o.oid::bigint AS oid,
       pg_catalog.pg_get_userbyid(c.relowner) AS owner,
       pg_catalog.pg_has_role(c.relowner, 'USAGE') AS is_own,
       l.schemas,
       l.names,
       l.foreign_tables,
       l.size_bytes,
       l.row_estimate
FROM pg_catalog.unnest($1::bigint[]::oid[]) AS o (oid)
     JOIN pg_catalog.pg_class AS c ON c.oid = o.oid
     CROSS JOIN LATERAL (
         SELECT coalesce(pg_catalog.array_agg(n.nspname::text ORDER BY n.nspname, t.relname), '{}') AS schemas,
                coalesce(pg_catalog.array_agg(t.relname::text ORDER BY n.nspname, t.relname), '{}') AS names,
                coalesce(pg_catalog.array_agg(t.oid::pg_catalog.regclass::text) FILTER (WHERE t.relkind = 'f'), '{}')
                    AS foreign_tables,
                coalesce(sum(pg_catalog.pg_total_relation_size(t.oid)), 0)::bigint AS size_bytes,
                -- Unknown where one that has pages was never analysed.
                CASE WHEN coalesce(bool_or(t.reltuples < 0 AND pg_catalog.pg_relation_size(t.oid) > 0), false) THEN NULL
                     ELSE coalesce(sum(greatest(t.reltuples, 0)), 0)::float8 END AS row_estimate
         FROM pg_catalog.pg_class AS t JOIN pg_catalog.pg_namespace AS n ON n.oid = t.relnamespace
         WHERE t.relkind <> 'p'
           AND (t.oid = o.oid OR t.oid IN (SELECT p.relid FROM pg_catalog.pg_partition_tree(o.oid) AS p))) AS l
