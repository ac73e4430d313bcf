-- The types that statements name: what they are made of, and whether a value must pass a check to be one.
-- Parameters: $1 types as they are written, without modifiers. Reads only. Minimum version: 14.
WITH RECURSIVE named AS (
    SELECT u.name, pg_catalog.to_regtype(u.name)::oid AS oid FROM unnest($1::text[]) AS u (name)
),
chain AS (
    SELECT n.name, t.oid, t.oid AS base, -1 AS modifier, t.typtype, t.typbasetype, t.typtypmod, 0 AS depth,
           t.typnotnull OR EXISTS (SELECT FROM pg_catalog.pg_constraint AS k WHERE k.contypid = t.oid) AS is_checked,
           t.typdefault IS NOT NULL AS has_default
    FROM named AS n JOIN pg_catalog.pg_type AS t ON t.oid = n.oid
    UNION ALL
    SELECT c.name, c.oid, t.oid, c.typtypmod, t.typtype, t.typbasetype, t.typtypmod, c.depth + 1,
           c.is_checked OR (t.typtype = 'd' AND (t.typnotnull
               OR EXISTS (SELECT FROM pg_catalog.pg_constraint AS k WHERE k.contypid = t.oid))),
           c.has_default
    FROM chain AS c JOIN pg_catalog.pg_type AS t ON t.oid = c.typbasetype
    WHERE c.typtype = 'd'
)
SELECT DISTINCT ON (c.name)
    c.name,
    c.oid::bigint AS oid,
    c.base::bigint AS base,
    c.modifier,
    c.depth > 0 AND c.is_checked AS is_checked,
    c.has_default,
    c.depth > 0 AS is_domain
FROM chain AS c
ORDER BY c.name, c.depth DESC
