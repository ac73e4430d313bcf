-- Keys that will run out: columns that a sequence fills, with how far it is; other unique keys of two or four bytes, whose
-- largest value is looked for afterwards; and columns that refer to a wider key. Minimum version: 14.
WITH numbered AS (
    -- One that counts downwards ends at its smallest.
    SELECT a.attrelid, a.attnum, s.last_value * sign(s.increment_by)::bigint AS last_value,
           CASE WHEN s.increment_by > 0 THEN s.max_value ELSE -(s.min_value + 1) END AS max_value, s.cycle, d.deptype = 'a' AS is_serial,
           pg_catalog.format('%I.%I', qn.nspname, q.relname) AS sequence
    FROM pg_catalog.pg_depend AS d
         JOIN pg_catalog.pg_class AS q ON q.oid = d.objid AND q.relkind = 'S'
         JOIN pg_catalog.pg_namespace AS qn ON qn.oid = q.relnamespace
         JOIN pg_catalog.pg_sequences AS s ON s.schemaname = qn.nspname AND s.sequencename = q.relname
         JOIN pg_catalog.pg_attribute AS a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
    WHERE d.classid = 'pg_catalog.pg_class'::regclass
      AND d.refclassid = 'pg_catalog.pg_class'::regclass
      AND d.deptype IN ('a', 'i')
      AND a.atttypid IN ('int2'::regtype, 'int4'::regtype, 'int8'::regtype)
), candidates AS (
    SELECT attrelid, attnum, last_value, max_value, sequence, is_serial, NULL::text AS wider
    FROM numbered
    WHERE NOT cycle
    UNION ALL
    SELECT i.indrelid, i.indkey[0], NULL, NULL, NULL, false, NULL
    FROM pg_catalog.pg_index AS i
         JOIN pg_catalog.pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
    WHERE i.indisunique AND i.indisvalid AND i.indnkeyatts = 1 AND i.indpred IS NULL
      AND a.atttypid IN ('int2'::regtype, 'int4'::regtype)
      AND NOT EXISTS (SELECT FROM numbered AS x WHERE x.attrelid = a.attrelid AND x.attnum = a.attnum)
      AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint AS k
                      WHERE k.contype = 'f' AND k.conrelid = a.attrelid AND k.conkey = ARRAY[a.attnum])
    UNION ALL
    SELECT k.conrelid, x.own, NULL, NULL, NULL, false,
           pg_catalog.format('%s.%s', k.confrelid::regclass, pg_catalog.quote_ident(f.attname))
    FROM pg_catalog.pg_constraint AS k
         CROSS JOIN LATERAL ROWS FROM (pg_catalog.unnest(k.conkey), pg_catalog.unnest(k.confkey)) AS x (own, theirs)
         JOIN pg_catalog.pg_attribute AS a ON a.attrelid = k.conrelid AND a.attnum = x.own
         JOIN pg_catalog.pg_attribute AS f ON f.attrelid = k.confrelid AND f.attnum = x.theirs
    WHERE k.contype = 'f' AND k.conparentid = 0
      AND a.atttypid IN ('int2'::regtype, 'int4'::regtype)
      AND f.atttypid IN ('int4'::regtype, 'int8'::regtype) AND a.atttypid <> f.atttypid
)
SELECT DISTINCT
       c.oid::bigint AS table_oid,
       n.nspname AS schema,
       c.relname AS table_name,
       a.attname AS column_name,
       pg_catalog.format_type(a.atttypid, NULL) AS type,
       coalesce(k.last_value, 0) AS last_value,
       least(CASE a.atttypid WHEN 'int2'::regtype THEN 32767 WHEN 'int4'::regtype THEN 2147483647
                             ELSE 9223372036854775807 END::bigint, k.max_value) AS maximum,
       coalesce(k.max_value < CASE a.atttypid WHEN 'int2'::regtype THEN 32767 WHEN 'int4'::regtype THEN 2147483647
                                              ELSE 9223372036854775807 END, false) AS is_sequence_narrow,
       k.sequence,
       k.is_serial,
       k.wider,
       pg_catalog.has_column_privilege(c.oid, a.attnum, 'SELECT') AS is_readable,
       pg_catalog.pg_total_relation_size(c.oid) AS size_bytes
FROM candidates AS k
     JOIN pg_catalog.pg_class AS c ON c.oid = k.attrelid
     JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
     JOIN pg_catalog.pg_attribute AS a ON a.attrelid = k.attrelid AND a.attnum = k.attnum
WHERE n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast', 'dbctl')
  AND n.nspname !~ '^pg_(temp|toast_temp)_'
  AND NOT c.relispartition
ORDER BY n.nspname, c.relname, a.attname
