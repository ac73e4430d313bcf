-- Every table of the database's own schemas with what an audit wants to know. Minimum version: 14.
SELECT c.oid::bigint AS oid,
       n.nspname AS schema,
       c.relname AS name,
       c.relkind::text AS kind,
       c.reloftype <> 0 AS is_typed,
       ARRAY(SELECT a.attname::text FROM pg_catalog.pg_attribute AS a WHERE a.attrelid = c.oid AND a.attnum > 0) AS columns,
       c.relispartition AS is_partition,
       EXISTS (SELECT FROM pg_catalog.pg_constraint AS k WHERE k.conrelid = c.oid AND k.contype = 'p') AS has_primary_key,
       pg_catalog.pg_total_relation_size(c.oid) AS size_bytes,
       pg_catalog.pg_stat_get_tuples_updated(c.oid) AS updates,
       pg_catalog.pg_stat_get_tuples_hot_updated(c.oid) AS hot_updates,
       -- Of their columns, those without which a row is another row.
       ARRAY(SELECT pg_catalog.quote_ident(a.attname) FROM pg_catalog.pg_attribute AS a
             WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attnotnull ORDER BY a.attnum
            ) AS required,
       -- What a primary key of a partitioned one has to contain, for the partitions of its partitions too. NULL where that is
       -- an expression: then it can have none.
       CASE WHEN c.relkind = 'p'
            THEN (SELECT CASE WHEN bool_and(a.attname IS NOT NULL) THEN array_agg(DISTINCT pg_catalog.quote_ident(a.attname)) END
                  FROM pg_catalog.pg_partition_tree(c.oid) AS x
                       JOIN pg_catalog.pg_partitioned_table AS p ON p.partrelid = x.relid
                       CROSS JOIN LATERAL pg_catalog.unnest(p.partattrs::int2[]) AS k (attnum)
                       LEFT JOIN pg_catalog.pg_attribute AS a
                            ON k.attnum > 0 AND a.attrelid = x.relid AND a.attnum = k.attnum)
            ELSE '{}' END AS partition_key
FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p')
  AND c.relpersistence <> 't'
  AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast', 'dbctl')
ORDER BY n.nspname, c.relname
