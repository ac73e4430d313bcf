-- A conversion whose table was dropped before its end, by the name that the table had.
-- $1 the schemas that the name may mean, each or '' for any, $2 the bare names. Minimum version: 14.
SELECT v.source::bigint AS source, v.target::bigint AS target, v.table_schema, v.table_name, v.strategy, v.key_column, v.step,
       v.time_zone, v.state, v.reached, v.rows_copied, v.digest, v.memory::text AS memory, v.run_id, v.started_at,
       NULL::text AS schema_now, NULL::text AS name_now
FROM dbctl.conversions AS v
WHERE EXISTS (SELECT FROM ROWS FROM (pg_catalog.unnest($1::text[]), pg_catalog.unnest($2::text[])) AS m (schema, name)
              WHERE v.table_name = m.name AND m.schema IN ('', v.table_schema))
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_class AS c
                  WHERE c.oid = CASE WHEN v.state IN ('swapped', 'converted') THEN v.target ELSE v.source END
                    AND c.relname = v.table_name)
ORDER BY v.started_at DESC LIMIT 1
