-- Configuration tables of extensions, whose rows are dumped although the table is the extension's.
-- `after` lists configuration tables that foreign keys point to. Parameters: none. Minimum version: 14.
SELECT config.oid,
       e.oid AS extension,
       nullif(config.condition, '') AS condition,
       ARRAY(SELECT k.confrelid FROM pg_constraint k
              WHERE k.contype = 'f' AND k.conrelid = config.oid AND k.confrelid <> config.oid) AS after
  FROM pg_extension e
 CROSS JOIN LATERAL unnest(e.extconfig, e.extcondition) AS config(oid, condition)
 ORDER BY config.oid
