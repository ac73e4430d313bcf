-- The conversion that a table is the beginning or the end of, with what the one in use is called by now. An oid may have
-- become another table's: then neither its name nor the other table's place is as the conversion has it.
-- $1 the table's oid. Minimum version: 14.
WITH conversion AS (
    SELECT v.*, v.state IN ('swapped', 'converted') AS is_swapped
    FROM dbctl.conversions AS v WHERE $1::bigint::oid IN (v.source, v.target)
)
SELECT v.source::bigint AS source, v.target::bigint AS target, v.table_schema, v.table_name, v.strategy, v.key_column, v.step,
       v.time_zone, v.state, v.reached, v.rows_copied, v.digest, v.memory::text AS memory, v.run_id, v.started_at,
       n.nspname AS schema_now, c.relname AS name_now
FROM conversion AS v
     LEFT JOIN pg_catalog.pg_class AS c ON c.oid = CASE WHEN v.is_swapped THEN v.target ELSE v.source END
     LEFT JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relname = v.table_name
   OR EXISTS (SELECT FROM pg_catalog.pg_class AS o JOIN pg_catalog.pg_namespace AS m ON m.oid = o.relnamespace
              WHERE o.oid = CASE WHEN v.is_swapped THEN v.source ELSE v.target END
                AND m.nspname = pg_catalog.format('dbctl_%s_%s', CASE WHEN v.is_swapped THEN 'old' ELSE 'new' END, v.source))
