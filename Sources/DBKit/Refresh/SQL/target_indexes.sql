-- The indexes of a table. Of a unique one, all that decides whether ON CONFLICT may rely on it.
-- $1 the table's oid. Minimum version: 14.
SELECT c.relname AS name,
       i.indisunique AS is_unique,
       i.indisprimary AS is_primary,
       i.indisvalid AND i.indisready AND i.indislive AS is_valid,
       i.indimmediate AS is_immediate,
       i.indpred IS NOT NULL AS is_partial,
       i.indexprs IS NOT NULL AS has_expressions,
       coalesce((pg_catalog.to_jsonb(i) ->> 'indnullsnotdistinct')::boolean, false) AS nulls_not_distinct,
       -- Of the key; an expression is left out.
       ARRAY(SELECT a.attname::text
             FROM pg_catalog.unnest(i.indkey::int2[]) WITH ORDINALITY AS k (number, place)
                  JOIN pg_catalog.pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = k.number
             WHERE k.place <= i.indnkeyatts ORDER BY k.place) AS key_columns,
       -- As it compares them: the collation of each, quoted, or an empty text.
       ARRAY(SELECT coalesce((SELECT pg_catalog.format('%I.%I', n.nspname, l.collname)
                              FROM pg_catalog.pg_collation AS l
                                   JOIN pg_catalog.pg_namespace AS n ON n.oid = l.collnamespace
                              WHERE l.oid = k.rule), '')
             FROM pg_catalog.unnest(i.indcollation::oid[]) WITH ORDINALITY AS k (rule, place)
             ORDER BY k.place) AS collations,
       -- Those of them that the index tells apart in another way than the column: two collations that are deterministic
       -- both go by the bytes.
       ARRAY(SELECT a.attname::text
             FROM ROWS FROM (pg_catalog.unnest(i.indkey::int2[]), pg_catalog.unnest(i.indcollation::oid[]))
                      AS k (number, rule)
                  JOIN pg_catalog.pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = k.number
             WHERE k.rule <> a.attcollation
               AND EXISTS (SELECT FROM pg_catalog.pg_collation AS l
                           WHERE l.oid IN (k.rule, a.attcollation) AND NOT l.collisdeterministic)
            ) AS otherwise_collated,
       -- All that a change of makes the update write into this index; a summarizing one (BRIN, 16+) does not count.
       ARRAY(SELECT a.attname::text
             FROM pg_catalog.pg_attribute AS a
             WHERE a.attrelid = i.indrelid
               AND (m.amname <> 'brin' OR pg_catalog.current_setting('server_version_num')::int < 160000)
               AND (a.attnum = ANY (i.indkey::int2[])
                    OR EXISTS (SELECT FROM pg_catalog.pg_depend AS d
                               WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = i.indexrelid
                                 AND d.refclassid = 'pg_catalog.pg_class'::regclass AND d.refobjid = i.indrelid
                                 AND d.refobjsubid = a.attnum))
            ) AS watched_columns
FROM pg_catalog.pg_index AS i
     JOIN pg_catalog.pg_class AS c ON c.oid = i.indexrelid
     JOIN pg_catalog.pg_am AS m ON m.oid = c.relam
WHERE i.indrelid = $1::bigint::oid
ORDER BY i.indisprimary DESC, c.relname
