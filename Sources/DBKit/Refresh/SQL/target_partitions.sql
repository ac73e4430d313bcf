-- The leaves of a partitioned table with what a row must be to go there, and the columns that decide it.
-- $1 the table's oid. Minimum version: 14.
SELECT pg_catalog.pg_get_partition_constraintdef(p.relid) AS bound,
       ARRAY(SELECT DISTINCT a.attname::text
             FROM pg_catalog.pg_partition_tree($1::bigint::oid::regclass) AS q
                  JOIN pg_catalog.pg_partitioned_table AS k ON k.partrelid = q.relid
                  JOIN pg_catalog.pg_attribute AS a
                      ON a.attrelid = q.relid
                      AND (a.attnum = ANY (k.partattrs::int2[])
                           -- Of an expression, all that it might be made of.
                           OR 0 = ANY (k.partattrs::int2[]) AND a.attnum > 0 AND NOT a.attisdropped)) AS columns
FROM pg_catalog.pg_partition_tree($1::bigint::oid::regclass) AS p
WHERE p.isleaf
