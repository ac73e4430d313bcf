-- The columns of a table, each with the base type of its domain.
-- $1 the table's oid. Minimum version: 14.
WITH RECURSIVE chain AS (
    SELECT a.attnum, a.atttypid AS type, a.atttypmod AS modifier, a.atttypid AS declared, 0 AS depth
    FROM pg_catalog.pg_attribute AS a
    WHERE a.attrelid = $1::bigint::oid AND a.attnum > 0 AND NOT a.attisdropped
    UNION ALL
    SELECT c.attnum, t.typbasetype, CASE WHEN t.typtypmod >= 0 THEN t.typtypmod ELSE c.modifier END, c.declared,
           c.depth + 1
    FROM chain AS c JOIN pg_catalog.pg_type AS t ON t.oid = c.type
    WHERE t.typtype = 'd'
),
base AS (
    SELECT DISTINCT ON (attnum) attnum, type, modifier FROM chain ORDER BY attnum, depth DESC
)
SELECT a.attname AS name,
       a.attnum::int AS number,
       b.type::bigint AS base_type,
       b.modifier,
       pg_catalog.format_type(a.atttypid, a.atttypmod) AS type_name,
       NOT (a.attnotnull OR EXISTS (SELECT FROM pg_catalog.pg_type AS d WHERE d.oid = a.atttypid AND d.typnotnull))
           AS is_nullable,
       a.atthasdef OR a.attidentity <> '' AS has_default,
       a.attgenerated <> '' AS is_generated,
       a.attidentity = 'a' AS is_always_identity,
       -- IS DISTINCT FROM needs an equality; without one the texts are compared. So they are of arrays and composites,
       -- where it depends on what is in them.
       EXISTS (SELECT FROM pg_catalog.pg_opclass AS o
               WHERE o.opcdefault AND o.opcmethod IN (SELECT m.oid FROM pg_catalog.pg_am AS m
                                                      WHERE m.amname IN ('btree', 'hash'))
                 AND (o.opcintype = b.type OR (t.typtype = 'e' AND o.opcintype = 'anyenum'::regtype)
                      OR (t.typtype = 'r' AND o.opcintype = 'anyrange'::regtype)
                      OR b.type IN ('varchar'::regtype, 'bpchar'::regtype))) AS has_equality,
       -- Texts are told apart by their bytes: case or accents may not count for a collation, nor for citext.
       b.type IN ('text'::regtype, 'varchar'::regtype, 'bpchar'::regtype) OR t.typname = 'citext' AS is_text,
       b.type IN ('text'::regtype, 'varchar'::regtype) AND coalesce(l.collisdeterministic, true) AS is_exact_text,
       -- By which it is told what is equal, where that is more than the bytes; NULL: by these.
       (SELECT pg_catalog.format('%I.%I', n.nspname, l.collname) FROM pg_catalog.pg_namespace AS n
        WHERE n.oid = l.collnamespace AND NOT l.collisdeterministic) AS loose_collation
FROM pg_catalog.pg_attribute AS a
     JOIN base AS b ON b.attnum = a.attnum
     JOIN pg_catalog.pg_type AS t ON t.oid = b.type
     LEFT JOIN pg_catalog.pg_collation AS l ON l.oid = a.attcollation
WHERE a.attrelid = $1::bigint::oid AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY a.attnum
