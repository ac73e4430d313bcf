-- Sequences: those named, and those that give values to columns that rows are loaded into (of an identity, of a serial,
-- in any other default), each once for every such column.
-- Parameters: $1 qualified, quoted tables or sequences, $2 columns (empty: the name is that of a sequence), each as
-- hexadecimal text in the encoding $3. Minimum version: 14.
WITH wanted AS (
    SELECT
        u.place::int AS place,
        pg_catalog.to_regclass(pg_catalog.convert_from(pg_catalog.decode(u.name, 'hex'), $3))::oid AS relation,
        pg_catalog.convert_from(pg_catalog.decode(u.column_name, 'hex'), $3) AS column_name
    FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS u (name, column_name, place)
), fed AS (
    SELECT w.place, w.relation AS sequence, NULL::oid AS relation, ''::text AS column_name
    FROM wanted AS w
    WHERE w.column_name = ''
    UNION
    SELECT w.place, d.objid, w.relation, w.column_name
    FROM wanted AS w
    -- Up to 16 a partition knows nothing of the identity of its root.
    JOIN pg_catalog.pg_attribute AS a
        ON a.attrelid IN (w.relation, pg_catalog.pg_partition_root(w.relation)::oid)
        AND a.attname = w.column_name AND NOT a.attisdropped
    JOIN pg_catalog.pg_depend AS d
        ON d.classid = 'pg_catalog.pg_class'::regclass AND d.refclassid = 'pg_catalog.pg_class'::regclass
        AND d.refobjid = a.attrelid AND d.refobjsubid = a.attnum AND d.deptype = 'i'
    UNION
    SELECT w.place, d.refobjid, w.relation, w.column_name
    FROM wanted AS w
    JOIN pg_catalog.pg_attribute AS a
        ON a.attrelid IN (w.relation, pg_catalog.pg_partition_root(w.relation)::oid)
        AND a.attname = w.column_name AND NOT a.attisdropped
    JOIN pg_catalog.pg_attrdef AS def ON def.adrelid = a.attrelid AND def.adnum = a.attnum
    JOIN pg_catalog.pg_depend AS d
        ON d.classid = 'pg_catalog.pg_attrdef'::regclass AND d.objid = def.oid
        AND d.refclassid = 'pg_catalog.pg_class'::regclass
)
SELECT
    f.place, s.oid::bigint AS oid, sn.nspname::text AS schema, s.relname::text AS name,
    pg_catalog.format('%I.%I', sn.nspname, s.relname) AS quoted, q.seqincrement AS increment,
    coalesce(tn.nspname::text, '') AS table_schema, coalesce(t.relname::text, '') AS table_name, f.column_name
FROM fed AS f
JOIN pg_catalog.pg_class AS s ON s.oid = f.sequence AND s.relkind = 'S'
JOIN pg_catalog.pg_namespace AS sn ON sn.oid = s.relnamespace
JOIN pg_catalog.pg_sequence AS q ON q.seqrelid = s.oid
LEFT JOIN pg_catalog.pg_class AS t ON t.oid = f.relation
LEFT JOIN pg_catalog.pg_namespace AS tn ON tn.oid = t.relnamespace
LEFT JOIN pg_catalog.pg_attribute AS col ON col.attrelid = t.oid AND col.attname = f.column_name
WHERE f.column_name = '' OR col.atttypid IN (20, 21, 23)
ORDER BY f.place, f.column_name
