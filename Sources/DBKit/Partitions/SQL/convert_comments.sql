-- What is said of a relation's columns, indexes, constraints, extended statistics and identity sequences, as statements
-- that make it be said of those with the same names of another relation.
-- $1 its oid, $2 the other one's. Minimum version: 14.
WITH relations AS (
    SELECT c.oid, pg_catalog.format('%I.%I', n.nspname, c.relname) AS place
    FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
    WHERE c.oid IN ($1::bigint::oid, $2::bigint::oid)
), said (relation, kind, name, place, comment) AS (
    SELECT r.oid, 'column', a.attname, pg_catalog.format('COLUMN %s.%I', r.place, a.attname),
           pg_catalog.col_description(r.oid, a.attnum)
    FROM relations AS r JOIN pg_catalog.pg_attribute AS a ON a.attrelid = r.oid
    WHERE a.attnum > 0 AND NOT a.attisdropped
    UNION ALL
    SELECT r.oid, 'index', c.relname, pg_catalog.format('INDEX %I.%I', n.nspname, c.relname),
           pg_catalog.obj_description(c.oid, 'pg_class')
    FROM relations AS r
         JOIN pg_catalog.pg_index AS i ON i.indrelid = r.oid
         JOIN pg_catalog.pg_class AS c ON c.oid = i.indexrelid
         JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
    UNION ALL
    SELECT r.oid, 'constraint', k.conname, pg_catalog.format('CONSTRAINT %I ON %s', k.conname, r.place),
           pg_catalog.obj_description(k.oid, 'pg_constraint')
    FROM relations AS r JOIN pg_catalog.pg_constraint AS k ON k.conrelid = r.oid
    WHERE k.contype <> 't'
    UNION ALL
    SELECT r.oid, 'statistics', s.stxname, pg_catalog.format('STATISTICS %I.%I', n.nspname, s.stxname),
           pg_catalog.obj_description(s.oid, 'pg_statistic_ext')
    FROM relations AS r
         JOIN pg_catalog.pg_statistic_ext AS s ON s.stxrelid = r.oid
         JOIN pg_catalog.pg_namespace AS n ON n.oid = s.stxnamespace
    UNION ALL
    SELECT r.oid, 'sequence', c.relname, pg_catalog.format('SEQUENCE %I.%I', n.nspname, c.relname),
           pg_catalog.obj_description(c.oid, 'pg_class')
    FROM relations AS r
         JOIN pg_catalog.pg_depend AS d ON d.refclassid = 'pg_catalog.pg_class'::regclass AND d.refobjid = r.oid
              AND d.classid = 'pg_catalog.pg_class'::regclass AND d.deptype = 'i'
         JOIN pg_catalog.pg_class AS c ON c.oid = d.objid AND c.relkind = 'S'
         JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
)
SELECT pg_catalog.format('COMMENT ON %s IS %L', other.place, own.comment) AS statement
FROM said AS own JOIN said AS other ON other.kind = own.kind AND other.name = own.name
WHERE own.relation = $1::bigint::oid AND other.relation = $2::bigint::oid AND own.comment IS DISTINCT FROM other.comment
ORDER BY other.place
