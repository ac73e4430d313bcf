-- What keeps rows of a default partition from being moved without anybody noticing.
-- $1 oid of the partitioned table, $2 oid of its default partition. Minimum version: 14.
SELECT ARRAY(SELECT DISTINCT k.conrelid::pg_catalog.regclass::text FROM pg_catalog.pg_constraint AS k
             WHERE k.contype = 'f' AND k.confrelid IN ($1::bigint::oid, $2::bigint::oid) ORDER BY 1) AS referring,
       ARRAY(SELECT DISTINCT p.pubname::text FROM pg_catalog.pg_publication AS p
                  JOIN LATERAL pg_catalog.pg_get_publication_tables(p.pubname) AS t ON true
             WHERE t.relid IN ($1::bigint::oid, $2::bigint::oid)
                OR t.relid IN (SELECT a.relid FROM pg_catalog.pg_partition_ancestors($1::bigint::oid) AS a)
             ORDER BY 1) AS publications,
       -- The columns that are written; those that are made of others come by themselves.
       ARRAY(SELECT a.attname::text FROM pg_catalog.pg_attribute AS a
             WHERE a.attrelid = $1::bigint::oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
             ORDER BY a.attnum) AS columns,
       -- By which one row is found: a unique key without NULLs; empty when there is none.
       coalesce((SELECT ARRAY(SELECT a.attname::text FROM pg_catalog.pg_attribute AS a
                              WHERE a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey[0:i.indnkeyatts - 1])
                              ORDER BY a.attnum)
                 FROM pg_catalog.pg_index AS i
                 WHERE i.indrelid = $1::bigint::oid AND i.indisunique AND i.indisvalid AND i.indimmediate
                   AND i.indpred IS NULL AND i.indexprs IS NULL
                   AND NOT EXISTS (SELECT FROM pg_catalog.pg_attribute AS a
                                   WHERE a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey[0:i.indnkeyatts - 1])
                                     AND NOT a.attnotnull)
                 ORDER BY i.indisprimary DESC, i.indexrelid LIMIT 1), '{}') AS key
