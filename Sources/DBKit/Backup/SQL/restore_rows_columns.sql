-- What the current database has of the columns that rows of an archive are to be loaded into.
-- Parameters: $1 qualified, quoted tables, $2 columns (empty: the table alone is asked for), each as hexadecimal text in
-- the encoding $3. Minimum version: 14.
SELECT
    w.place::int AS place,
    coalesce(c.relkind IN ('r', 'p', 'f'), false) AS has_table,
    w.column_name = '' OR a.attnum IS NOT NULL AS has_column,
    coalesce(a.attgenerated <> '', false) AS is_generated,
    coalesce(pg_catalog.format_type(a.atttypid, a.atttypmod), '') AS live_type,
    coalesce(a.atttypmod, -1) <> -1 AS has_limit,
    coalesce(a.atttypid, 0)::bigint AS type_oid
FROM (
    SELECT
        place,
        pg_catalog.convert_from(pg_catalog.decode(u.table_name, 'hex'), $3) AS table_name,
        pg_catalog.convert_from(pg_catalog.decode(u.column_name, 'hex'), $3) AS column_name
    FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS u (table_name, column_name, place)
) AS w
LEFT JOIN pg_catalog.pg_class AS c ON c.oid = pg_catalog.to_regclass(w.table_name)
LEFT JOIN pg_catalog.pg_attribute AS a
    ON a.attrelid = c.oid AND a.attname = w.column_name AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY w.place
