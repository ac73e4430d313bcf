-- Which types of the current database bear these names; 0 where none does.
-- Parameters: $1 types as pg_dump writes them, as hexadecimal text in the encoding $2. Minimum version: 14.
SELECT
    u.place::int AS place,
    coalesce(
        pg_catalog.to_regtype(pg_catalog.convert_from(pg_catalog.decode(u.type_name, 'hex'), $2))::oid, 0
    )::bigint AS type_oid
FROM unnest($1::text[]) WITH ORDINALITY AS u (type_name, place)
ORDER BY u.place
