-- Every relation that holds data or can be locked: tables, partitioned tables, materialized views, foreign tables,
-- sequences. It opens none of them, so no lock holds it up. Names also as bytes of the database's own encoding, for the archive. Parameters: none. Minimum version: 14.
SELECT c.oid,
       n.nspname AS schema,
       c.relname AS name,
       convert_to(n.nspname::text, getdatabaseencoding()) AS schema_bytes,
       convert_to(c.relname::text, getdatabaseencoding()) AS name_bytes,
       convert_to(pg_get_userbyid(c.relowner)::text, getdatabaseencoding()) AS owner_bytes,
       c.relkind AS kind,
       c.relpersistence = 'u' AS is_unlogged,
       coalesce(am.amname = 'heap', false) AS is_heap,
       c.relkind IN ('r', 'p') AND coalesce(row_security_active(c.oid), false) AS hides_rows,
       -- NULL for one that is in the snapshot and gone since; locking it will say so.
       coalesce(has_table_privilege(c.oid, 'SELECT'), true) AS is_readable,
       e.oid AS extension,
       e.oid IS NULL OR c.oid = ANY (coalesce(e.extconfig, '{}')) AS holds_user_data
  FROM pg_class c
  JOIN pg_namespace n ON n.oid = c.relnamespace
  LEFT JOIN pg_am am ON am.oid = c.relam
  LEFT JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.objsubid = 0
                       AND d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e'
  LEFT JOIN pg_extension e ON e.oid = d.refobjid
 WHERE c.relkind IN ('r', 'p', 'm', 'f', 'S')
   AND c.relpersistence <> 't'
   AND (n.nspname NOT LIKE 'pg\_%' OR c.oid IN (SELECT unnest(extconfig) FROM pg_extension))
   AND n.nspname <> 'information_schema'
 ORDER BY c.oid
