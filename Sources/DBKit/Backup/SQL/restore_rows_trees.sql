-- Tables that rows are loaded into, each with the root of its partition tree.
-- Parameters: $1 qualified, quoted tables as hexadecimal text in the encoding $2. Minimum version: 14.
SELECT
    w.place::int AS place,
    c.oid::bigint AS table_oid,
    c.relkind::text AS kind,
    pg_catalog.format('%I.%I', n.nspname, c.relname) AS name,
    coalesce(pg_catalog.pg_partition_root(c.oid)::oid, c.oid)::bigint AS root
FROM unnest($1::text[]) WITH ORDINALITY AS w (name, place)
JOIN pg_catalog.pg_class AS c
    ON c.oid = pg_catalog.to_regclass(pg_catalog.convert_from(pg_catalog.decode(w.name, 'hex'), $2))
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
ORDER BY w.place
