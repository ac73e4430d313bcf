-- A digest of all in a table's definition that its copy was made after. Without what a conversion itself adds: its indexes, its
-- CHECK, and NOT NULL for the partition key. To be run with search_path = pg_catalog.
-- $1 its oid, $2 the partition key's column, $3 the CHECK of the conversion. Minimum version: 14.
SELECT pg_catalog.md5(pg_catalog.concat_ws(E'\n',
    (SELECT pg_catalog.string_agg(pg_catalog.concat_ws(' ', a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod),
                (a.attnotnull OR a.attname = $2)::text, a.attidentity::text, a.attgenerated::text,
                pg_catalog.pg_get_expr(d.adbin, d.adrelid)), E'\n' ORDER BY a.attnum)
     FROM pg_catalog.pg_attribute AS a
          LEFT JOIN pg_catalog.pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
     WHERE a.attrelid = $1::bigint::oid AND a.attnum > 0 AND NOT a.attisdropped),
    -- By name: one that is rebuilt is another one.
    (SELECT pg_catalog.string_agg(pg_catalog.pg_get_indexdef(i.indexrelid), E'\n' ORDER BY c.relname)
     FROM pg_catalog.pg_index AS i JOIN pg_catalog.pg_class AS c ON c.oid = i.indexrelid
     WHERE i.indrelid = $1::bigint::oid AND i.indisvalid
       AND NOT pg_catalog.starts_with(c.relname, pg_catalog.format('dbctl_%s_', $1::bigint))),
    (SELECT pg_catalog.string_agg(k.conname || ' ' || pg_catalog.pg_get_constraintdef(k.oid), E'\n' ORDER BY k.conname)
     FROM pg_catalog.pg_constraint AS k
     WHERE k.conrelid = $1::bigint::oid AND k.contype IN ('c', 'p', 'u', 'x') AND k.conname <> $3))) AS digest
