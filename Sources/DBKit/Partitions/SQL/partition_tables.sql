-- Tables, and the partition keys of those that are partitioned. One row an oid, in their order, also for those that are none.
-- $1 the oids. Minimum version: 14.
SELECT c.oid::bigint AS oid,
       n.nspname AS schema,
       c.relname AS name,
       c.relkind::text AS kind,
       pg_catalog.pg_get_userbyid(c.relowner) AS owner,
       pg_catalog.pg_has_role(c.relowner, 'USAGE') AS is_own,
       pg_catalog.has_schema_privilege(c.relnamespace, 'CREATE') AS may_create,
       pg_catalog.has_schema_privilege(c.relnamespace, 'USAGE') AS may_look,
       current_user::text AS role,
       p.partstrat::text AS strategy,
       coalesce(p.partdefid, 0)::bigint AS fallback,
       pg_catalog.pg_get_partkeydef(c.oid) AS key_definition,
       -- A key that is an expression has no column.
       coalesce(p.partnatts, 0)::int AS key_count,
       a.attname AS key_column,
       pg_catalog.format_type(a.atttypid, a.atttypmod) AS key_type,
       coalesce(a.attnotnull, false) AS is_not_null,
       -- Where the key is compared under another collation than the column's, a CHECK has to say so.
       CASE WHEN p.partcollation[0] <> a.attcollation
            THEN pg_catalog.quote_ident(ln.nspname) || '.' || pg_catalog.quote_ident(l.collname) END AS collation,
       CASE WHEN p.partcollation[0] <> 0 THEN p.partcollation[0]::bigint END AS collation_oid,
       CASE WHEN a.attname IS NOT NULL AND pg_catalog.has_schema_privilege(c.relnamespace, 'USAGE') THEN
           pg_catalog.pg_get_serial_sequence(pg_catalog.format('%I.%I', n.nspname, c.relname), a.attname) END AS sequence,
       ARRAY(SELECT DISTINCT k.confrelid::pg_catalog.regclass::text FROM pg_catalog.pg_constraint AS k
             WHERE k.conrelid = c.oid AND k.contype = 'f' ORDER BY 1) AS referenced,
       ARRAY(SELECT DISTINCT k.confrelid::bigint FROM pg_catalog.pg_constraint AS k
             WHERE k.conrelid = c.oid AND k.contype = 'f' ORDER BY 1) AS referenced_oids
FROM pg_catalog.unnest($1::bigint[]) WITH ORDINALITY AS w (oid, place)
     LEFT JOIN pg_catalog.pg_class AS c ON c.oid = w.oid::oid
     LEFT JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
     LEFT JOIN pg_catalog.pg_partitioned_table AS p ON p.partrelid = c.oid
     LEFT JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.oid AND a.attnum = p.partattrs[0] AND a.attnum > 0
     LEFT JOIN pg_catalog.pg_collation AS l ON l.oid = p.partcollation[0]
     LEFT JOIN pg_catalog.pg_namespace AS ln ON ln.oid = l.collnamespace
ORDER BY w.place
