-- Which of the objects are in the current database.
-- Parameters: $1 kinds as an archive names them, $2 what each is called (qualified, quoted, with argument types) as
-- hexadecimal text in the encoding $3. Minimum version: 14.
SELECT
    wanted.place,
    CASE wanted.kind
        WHEN 'SCHEMA' THEN pg_catalog.to_regnamespace(wanted.name) IS NOT NULL
        WHEN 'EXTENSION' THEN EXISTS (SELECT FROM pg_catalog.pg_extension AS e WHERE e.extname = wanted.name)
        WHEN 'SERVER' THEN EXISTS (SELECT FROM pg_catalog.pg_foreign_server AS s WHERE s.srvname = wanted.name)
        WHEN 'PUBLICATION' THEN EXISTS (SELECT FROM pg_catalog.pg_publication AS p WHERE p.pubname = wanted.name)
        WHEN 'TYPE' THEN pg_catalog.to_regtype(wanted.name) IS NOT NULL
        WHEN 'DOMAIN' THEN pg_catalog.to_regtype(wanted.name) IS NOT NULL
        WHEN 'FUNCTION' THEN pg_catalog.to_regprocedure(wanted.name) IS NOT NULL
        WHEN 'PROCEDURE' THEN pg_catalog.to_regproc(split_part(wanted.name, '(', 1)) IS NOT NULL
        WHEN 'AGGREGATE' THEN pg_catalog.to_regprocedure(wanted.name) IS NOT NULL
        WHEN 'COLLATION' THEN pg_catalog.to_regcollation(wanted.name) IS NOT NULL
        WHEN 'TEXT SEARCH CONFIGURATION' THEN EXISTS (
            SELECT
            FROM pg_catalog.pg_ts_config AS c
            JOIN pg_catalog.pg_namespace AS n ON n.oid = c.cfgnamespace
            WHERE pg_catalog.format('"%s"."%s"', replace(n.nspname, '"', '""'), replace(c.cfgname, '"', '""'))
                = wanted.name)
        ELSE pg_catalog.to_regclass(wanted.name) IS NOT NULL
    END AS is_there
FROM (
    SELECT w.place::int AS place, w.kind, pg_catalog.convert_from(pg_catalog.decode(w.name, 'hex'), $3) AS name
    FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS w (kind, name, place)
) AS wanted
ORDER BY wanted.place
