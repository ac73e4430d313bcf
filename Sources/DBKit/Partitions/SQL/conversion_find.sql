-- The conversion that a table is the beginning or the end of.
-- $1 the table's oid. Minimum version: 14.
SELECT source::bigint AS source, target::bigint AS target, table_schema, table_name, strategy, key_column, step, time_zone,
       state, reached, rows_copied, digest, memory::text AS memory, run_id, started_at, swapped_at
FROM dbctl.conversions
WHERE $1::bigint::oid IN (source, target)
