-- The columns by which a table and its partitions are divided, and whether expressions are among them: a unique index
-- needs the columns, and cannot be with expressions. $1 the table's oid. Minimum version: 14.
SELECT ARRAY(SELECT DISTINCT a.attname::text
             FROM pg_catalog.pg_partition_tree($1::bigint::oid::regclass) AS p
                  JOIN pg_catalog.pg_partitioned_table AS k ON k.partrelid = p.relid
                  JOIN pg_catalog.pg_attribute AS a ON a.attrelid = p.relid AND a.attnum = ANY (k.partattrs::int2[])
             ORDER BY 1) AS columns,
       EXISTS (SELECT FROM pg_catalog.pg_partition_tree($1::bigint::oid::regclass) AS p
                    JOIN pg_catalog.pg_partitioned_table AS k ON k.partrelid = p.relid
               WHERE 0 = ANY (k.partattrs::int2[])) AS has_expressions
