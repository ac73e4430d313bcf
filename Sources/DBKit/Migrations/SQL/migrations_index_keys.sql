-- What a unique index allows only once, as the server writes it.
-- $1 the index's oid.
-- Minimum version: 14.
SELECT format('%I.%I', n.nspname, t.relname) AS table_name,
       ARRAY(SELECT pg_get_indexdef(i.indexrelid, k, true) FROM generate_series(1, i.indnkeyatts) AS k ORDER BY k)
           AS keys,
       pg_get_expr(i.indpred, i.indrelid, true) AS predicate,
       -- Since version 15.
       coalesce((to_jsonb(i) ->> 'indnullsnotdistinct')::boolean, false) AS nulls_not_distinct
FROM pg_catalog.pg_index AS i
JOIN pg_catalog.pg_class AS t ON t.oid = i.indrelid
JOIN pg_catalog.pg_namespace AS n ON n.oid = t.relnamespace
WHERE i.indexrelid = $1::bigint::oid
