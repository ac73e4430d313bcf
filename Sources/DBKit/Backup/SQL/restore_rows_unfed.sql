-- What the current database asks of tables that rows of an archive are to be loaded into, beyond the columns that come:
-- columns that the archive has no values of, and row-level security that applies to this role.
-- Parameters: $1 qualified, quoted tables as hexadecimal text in the encoding $2. Minimum version: 14.
SELECT
    w.place::int AS place,
    coalesce(pg_catalog.row_security_active(c.oid), false) AS is_secured,
    pg_catalog.encode(
        pg_catalog.convert_to(coalesce(a.attname::text, ''), $2), 'hex') AS column_name,
    -- A domain may ask for a value where its column does not.
    coalesce(a.attnotnull OR t.typnotnull, false) AS wants_value,
    coalesce(a.atthasdef OR a.attidentity <> '' OR t.typdefault IS NOT NULL, false) AS has_default
FROM unnest($1::text[]) WITH ORDINALITY AS w (name, place)
JOIN pg_catalog.pg_class AS c
    ON c.oid = pg_catalog.to_regclass(pg_catalog.convert_from(pg_catalog.decode(w.name, 'hex'), $2))
LEFT JOIN pg_catalog.pg_attribute AS a
    ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
LEFT JOIN pg_catalog.pg_type AS t ON t.oid = a.atttypid
ORDER BY w.place, a.attnum
