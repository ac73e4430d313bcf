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
