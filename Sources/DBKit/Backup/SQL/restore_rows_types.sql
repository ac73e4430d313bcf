-- What types are made of: a domain of its base, an array of its element, a range of its subtype, a composite of its
-- attributes in their order; with all the types that occur in them. Types that come with the server or an extension are
-- what their names say: no archive defines them.
-- Parameters: $1 OIDs of types. Minimum version: 14.
WITH RECURSIVE made AS (
    SELECT unnest($1::bigint[])::oid AS oid
    UNION
    SELECT part.oid
    FROM made AS m
    JOIN pg_catalog.pg_type AS t ON t.oid = m.oid
    CROSS JOIN LATERAL (
        SELECT t.oid < 16384 OR EXISTS (
            SELECT FROM pg_catalog.pg_depend AS d
            WHERE d.classid = 'pg_catalog.pg_type'::regclass AND d.objid = t.oid AND d.deptype = 'e'
        ) AS is_given
    ) AS g
    CROSS JOIN LATERAL (
        SELECT t.typbasetype WHERE t.typtype = 'd' AND NOT g.is_given
        UNION ALL
        SELECT t.typelem WHERE t.typcategory = 'A' AND t.typtype = 'b'
        UNION ALL
        SELECT r.rngsubtype FROM pg_catalog.pg_range AS r WHERE r.rngtypid = t.oid AND NOT g.is_given
        UNION ALL
        SELECT a.atttypid
        FROM pg_catalog.pg_attribute AS a
        WHERE t.typtype = 'c' AND NOT g.is_given
            AND a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped
    ) AS part (oid)
)
SELECT
    t.oid::bigint AS oid,
    CASE
        WHEN g.is_given AND t.typtype IN ('d', 'c', 'r') THEN 'named'
        WHEN t.typtype = 'd' THEN 'domain'
        WHEN t.typtype = 'c' THEN 'row'
        WHEN t.typtype = 'r' THEN 'range'
        WHEN t.typcategory = 'A' AND t.typtype = 'b' THEN 'array'
        ELSE 'named'
    END AS kind,
    pg_catalog.format_type(t.oid, NULL) AS name,
    CASE
        WHEN g.is_given AND t.typtype IN ('d', 'c', 'r') THEN ARRAY[]::bigint[]
        WHEN t.typtype = 'd' THEN ARRAY[t.typbasetype::bigint]
        WHEN t.typtype = 'c' THEN ARRAY(
            SELECT a.atttypid::bigint
            FROM pg_catalog.pg_attribute AS a
            WHERE a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped
            ORDER BY a.attnum
        )
        WHEN t.typtype = 'r' THEN ARRAY(
            SELECT r.rngsubtype::bigint FROM pg_catalog.pg_range AS r WHERE r.rngtypid = t.oid
        )
        WHEN t.typcategory = 'A' AND t.typtype = 'b' THEN ARRAY[t.typelem::bigint]
        ELSE ARRAY[]::bigint[]
    END AS parts
FROM made AS m
JOIN pg_catalog.pg_type AS t ON t.oid = m.oid
CROSS JOIN LATERAL (
    SELECT t.oid < 16384 OR EXISTS (
        SELECT FROM pg_catalog.pg_depend AS d
        WHERE d.classid = 'pg_catalog.pg_type'::regclass AND d.objid = t.oid AND d.deptype = 'e'
    ) AS is_given
) AS g
