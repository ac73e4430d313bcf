-- What decides how wide the tuples of an index become, one row a key or included column.
-- $1 the oid of the index, which may stand on an empty copy; $2 schema and $3 name of the table with the rows; $4 whether it
-- is partitioned. Minimum version: 14.
SELECT pg_catalog.pg_get_indexdef(i.indexrelid, k, false) AS text,
       k <= i.indnkeyatts AS is_key,
       a.attlen AS length,
       CASE a.attalign WHEN 'c' THEN 1 WHEN 's' THEN 2 WHEN 'i' THEN 4 ELSE 8 END AS alignment,
       s.avg_width::float8 AS average_width,
       s.null_frac::float8 AS null_fraction,
       s.n_distinct::float8 AS distinct_values,
       -- Only what is the same in every byte when it is equal can share one tuple: no numeric, no float, no array.
       coalesce(k > i.indnkeyatts
           OR (coalesce(l.collisdeterministic, true)
               AND EXISTS (SELECT FROM pg_catalog.pg_amproc AS p
                           WHERE p.amprocfamily = o.opcfamily AND p.amproclefttype = o.opcintype
                             AND p.amprocrighttype = o.opcintype AND p.amprocnum = 4)), false) AS is_equal_image
FROM pg_catalog.pg_index AS i
     CROSS JOIN LATERAL pg_catalog.generate_series(1, i.indnatts) AS k
     JOIN pg_catalog.pg_attribute AS a ON a.attrelid = i.indexrelid AND a.attnum = k
     LEFT JOIN pg_catalog.pg_opclass AS o ON k <= i.indnkeyatts AND o.oid = i.indclass[k - 1]
     LEFT JOIN pg_catalog.pg_collation AS l ON k <= i.indnkeyatts AND l.oid = i.indcollation[k - 1]
     LEFT JOIN pg_catalog.pg_stats AS s
          ON s.schemaname = $2 AND s.tablename = $3 AND s.inherited = $4::boolean
         AND i.indkey[k - 1] <> 0
         AND s.attname = (SELECT t.attname FROM pg_catalog.pg_attribute AS t
                          WHERE t.attrelid = i.indrelid AND t.attnum = i.indkey[k - 1])
WHERE i.indexrelid = $1::bigint::oid
ORDER BY k
