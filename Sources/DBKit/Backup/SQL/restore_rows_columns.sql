-- What the current database has of the columns that rows of an archive are to be loaded into.
-- Parameters: $1 qualified, quoted tables, $2 columns (empty: the table alone is asked for), $3 types (empty: any will do),
-- each as hexadecimal text in the encoding $4. Minimum version: 14.
SELECT
    w.place::int AS place,
    coalesce(c.relkind IN ('r', 'p', 'f'), false) AS has_table,
    w.column_name = '' OR a.attnum IS NOT NULL AS has_column,
    coalesce(a.attgenerated <> '', false) AS is_generated,
    coalesce(pg_catalog.format_type(a.atttypid, NULL), '') AS live_type,
    w.type_name = '' OR coalesce(a.atttypid = pg_catalog.to_regtype(w.type_name), false) AS is_same_type
FROM (
    SELECT
        place,
        pg_catalog.convert_from(pg_catalog.decode(u.table_name, 'hex'), $4) AS table_name,
        pg_catalog.convert_from(pg_catalog.decode(u.column_name, 'hex'), $4) AS column_name,
        pg_catalog.convert_from(pg_catalog.decode(u.type_name, 'hex'), $4) AS type_name
    FROM unnest($1::text[], $2::text[], $3::text[]) WITH ORDINALITY AS u (table_name, column_name, type_name, place)
) AS w
LEFT JOIN pg_catalog.pg_class AS c ON c.oid = pg_catalog.to_regclass(w.table_name)
LEFT JOIN pg_catalog.pg_attribute AS a
    ON a.attrelid = c.oid AND a.attname = w.column_name AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY w.place
