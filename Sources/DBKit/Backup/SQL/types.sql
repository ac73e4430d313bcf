-- Every type that a stored column is made of, at any depth: arrays, domains, composites, ranges, multiranges.
-- Parameters: none. Minimum version: 14.
WITH RECURSIVE used(oid) AS (
    SELECT a.atttypid
      FROM pg_attribute a
      JOIN pg_class c ON c.oid = a.attrelid
     WHERE c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped
     UNION
    SELECT part.oid
      FROM used u
      JOIN pg_type t ON t.oid = u.oid
     CROSS JOIN LATERAL (
           SELECT t.typelem WHERE t.typsubscript = 'array_subscript_handler'::regproc AND t.typelem <> 0
            UNION ALL SELECT t.typbasetype WHERE t.typbasetype <> 0
            UNION ALL SELECT r.rngsubtype FROM pg_range r WHERE t.oid IN (r.rngtypid, r.rngmultitypid)
            UNION ALL SELECT a.atttypid FROM pg_attribute a
                       WHERE t.typtype = 'c' AND a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped
           ) AS part(oid)
)
SELECT t.oid,
       t.typname AS name,
       n.nspname AS schema,
       t.typtype AS kind,
       t.typsubscript = 'array_subscript_handler'::regproc AND t.typelem <> 0 AS is_array,
       t.typsend <> 0 AND t.typreceive <> 0 AS has_binary_form,
       (SELECT e.extname FROM pg_depend d JOIN pg_extension e ON e.oid = d.refobjid
         WHERE d.classid = 'pg_type'::regclass AND d.objid = t.oid
           AND d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e' LIMIT 1) AS extension,
       array_remove(CASE
           WHEN t.typsubscript = 'array_subscript_handler'::regproc AND t.typelem <> 0 THEN ARRAY[t.typelem]
           WHEN t.typbasetype <> 0 THEN ARRAY[t.typbasetype]
           WHEN t.typtype IN ('r', 'm') THEN ARRAY(SELECT r.rngsubtype FROM pg_range r
                                                    WHERE t.oid IN (r.rngtypid, r.rngmultitypid))
           WHEN t.typtype = 'c' THEN ARRAY(SELECT a.atttypid FROM pg_attribute a
                                            WHERE a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped)
           ELSE ARRAY[]::oid[] END, 0::oid) AS parts
  FROM used u
  JOIN pg_type t ON t.oid = u.oid
  JOIN pg_namespace n ON n.oid = t.typnamespace
 ORDER BY t.oid
