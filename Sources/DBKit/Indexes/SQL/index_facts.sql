-- Everything that an index means, in a form in which two can be compared. To be run with search_path = pg_catalog, so that
-- every expression is written the same way.
-- $1 oids of tables, $2 oids of indexes; either may be empty, and both empty are all indexes of the database's own
-- schemas, but for those of the tables in $3. Minimum version: 14.
SELECT i.indexrelid::bigint AS oid,
       i.indrelid::bigint AS table_oid,
       n.nspname AS schema,
       c.relname AS name,
       t.relname AS table_name,
       tn.nspname AS table_schema,
       t.relkind::text AS table_kind,
       pg_catalog.pg_has_role(t.relowner, 'USAGE') AS is_own,
       c.relkind = 'I' AS is_partitioned,
       m.amname AS method,
       i.indisunique AS is_unique,
       coalesce((pg_catalog.to_jsonb(i) ->> 'indnullsnotdistinct')::boolean, false) AS nulls_not_distinct,
       i.indimmediate AS is_immediate,
       i.indisexclusion AS is_exclusion,
       i.indisprimary AS is_primary,
       i.indisvalid AS is_valid,
       i.indisready AS is_ready,
       i.indislive AS is_live,
       i.indisreplident AS is_replica_identity,
       ARRAY(SELECT pg_catalog.pg_get_indexdef(i.indexrelid, k, false)
             FROM pg_catalog.generate_series(1, i.indnkeyatts) AS k ORDER BY k) AS keys,
       -- By what it does: an alias (varchar_ops) has the family and the types of what it stands for.
       ARRAY(SELECT pg_catalog.format('%s.%s(%s,%s)', fn.nspname, f.opfname, o.opcintype::regtype, o.opckeytype::regtype)
             FROM pg_catalog.generate_series(1, i.indnkeyatts) AS k
                  JOIN pg_catalog.pg_opclass AS o ON o.oid = i.indclass[k - 1]
                  JOIN pg_catalog.pg_opfamily AS f ON f.oid = o.opcfamily
                  JOIN pg_catalog.pg_namespace AS fn ON fn.oid = f.opfnamespace
             ORDER BY k) AS operators,
       ARRAY(SELECT pg_catalog.array_to_string(a.attoptions, ',')
             FROM pg_catalog.pg_attribute AS a
             WHERE a.attrelid = i.indexrelid AND a.attnum BETWEEN 1 AND i.indnkeyatts ORDER BY a.attnum
            ) AS operator_options,
       ARRAY(SELECT pg_catalog.quote_ident(ln.nspname) || '.' || pg_catalog.quote_ident(l.collname)
             FROM pg_catalog.generate_series(1, i.indnkeyatts) AS k
                  LEFT JOIN pg_catalog.pg_collation AS l ON l.oid = i.indcollation[k - 1]
                  LEFT JOIN pg_catalog.pg_namespace AS ln ON ln.oid = l.collnamespace
             ORDER BY k) AS collations,
       ARRAY(SELECT i.indoption[k - 1]::int FROM pg_catalog.generate_series(1, i.indnkeyatts) AS k ORDER BY k) AS options,
       ARRAY(SELECT pg_catalog.pg_get_indexdef(i.indexrelid, k, false)
             FROM pg_catalog.generate_series(i.indnkeyatts + 1, i.indnatts) AS k ORDER BY k) AS include,
       ARRAY(SELECT a.attname::text FROM pg_catalog.pg_attribute AS a
             WHERE a.attrelid = i.indexrelid AND a.attnum > 0 ORDER BY a.attnum) AS columns,
       pg_catalog.pg_get_expr(i.indpred, i.indrelid) AS predicate,
       coalesce(c.reloptions, '{}') AS storage,
       pg_catalog.pg_get_indexdef(i.indexrelid) AS definition,
       -- From USING on.
       substr(pg_catalog.pg_get_indexdef(i.indexrelid),
              1 + length(pg_catalog.format(
                  'CREATE %sINDEX %I ON %s%I.%I ', CASE WHEN i.indisunique THEN 'UNIQUE ' ELSE '' END, c.relname,
                  CASE WHEN c.relkind = 'I' THEN 'ONLY ' ELSE '' END, tn.nspname, t.relname))) AS body,
       i.indexprs IS NOT NULL AS has_expressions,
       k.conname AS constraint_name,
       k.contype::text AS constraint_kind,
       EXISTS (SELECT FROM pg_catalog.pg_constraint AS r WHERE r.conindid = i.indexrelid AND r.contype = 'f')
           AS is_referenced,
       h.inhparent::bigint AS parent,
       CASE WHEN c.relkind = 'I'
            THEN (SELECT coalesce(sum(pg_catalog.pg_relation_size(p.relid)), 0)
                  FROM pg_catalog.pg_partition_tree(i.indexrelid) AS p WHERE p.isleaf)
            ELSE coalesce(pg_catalog.pg_relation_size(i.indexrelid), 0) END::bigint AS size_bytes,
       coalesce(CASE WHEN c.relkind = 'I'
            THEN (SELECT sum(pg_catalog.pg_stat_get_numscans(p.relid))
                  FROM pg_catalog.pg_partition_tree(i.indexrelid) AS p WHERE p.isleaf)
            ELSE pg_catalog.pg_stat_get_numscans(i.indexrelid) END, 0)::bigint AS scans
FROM pg_catalog.pg_index AS i
     JOIN pg_catalog.pg_class AS c ON c.oid = i.indexrelid
     JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
     JOIN pg_catalog.pg_class AS t ON t.oid = i.indrelid
     JOIN pg_catalog.pg_namespace AS tn ON tn.oid = t.relnamespace
     JOIN pg_catalog.pg_am AS m ON m.oid = c.relam
     LEFT JOIN pg_catalog.pg_inherits AS h ON h.inhrelid = i.indexrelid
     LEFT JOIN LATERAL (SELECT r.conname, r.contype FROM pg_catalog.pg_constraint AS r
                        WHERE r.conindid = i.indexrelid AND r.contype IN ('p', 'u', 'x') LIMIT 1) AS k ON true
WHERE CASE WHEN cardinality($1::bigint[]) + cardinality($2::bigint[]) > 0
           THEN i.indrelid = ANY ($1::bigint[]) OR i.indexrelid = ANY ($2::bigint[])
           ELSE (tn.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast', 'dbctl')
                 -- REINDEX TABLE CONCURRENTLY leaves its debris there too.
                 OR tn.nspname = 'pg_toast' AND NOT i.indisvalid)
                AND tn.nspname !~ '^pg_(temp|toast_temp)_'
                AND i.indrelid <> ALL ($3::bigint[]::oid[]) END
  -- One that was dropped since the snapshot was taken has no definition any more. Asking for it takes a lock on the table.
  AND CASE WHEN i.indrelid <> ALL ($3::bigint[]::oid[]) THEN pg_catalog.pg_get_indexdef(i.indexrelid) IS NOT NULL END
ORDER BY tn.nspname, t.relname, i.indisprimary DESC, c.relname
