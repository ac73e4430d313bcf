-- What refers to relations by their oid, with the statements that let go of them and those that take hold of whatever bears
-- their names then. To be run with search_path = pg_catalog, so that every name in them has its schema.
-- $1 oids of the relations, $2 the partition key's column, $3 whether what takes their place is partitioned.
-- Minimum version: 14.
WITH moved AS (
    SELECT c.oid, c.reltype, n.nspname, c.relname, pg_catalog.format('%I.%I', n.nspname, c.relname) AS place, c.relkind
    FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
    WHERE c.oid = ANY ($1::bigint[]::oid[])
), referring AS (
    SELECT DISTINCT d.classid, d.objid, m.oid AS relation
    FROM moved AS m
         JOIN pg_catalog.pg_depend AS d ON d.refclassid = 'pg_catalog.pg_class'::regclass AND d.refobjid = m.oid
    WHERE d.deptype IN ('n', 'a')
), views AS (
    SELECT v.oid, pg_catalog.format('%I.%I', n.nspname, v.relname) AS place, v.relowner, v.reloptions, r.oid AS rule
    FROM pg_catalog.pg_rewrite AS r
         JOIN pg_catalog.pg_class AS v ON v.oid = r.ev_class AND v.relkind = 'v'
         JOIN pg_catalog.pg_namespace AS n ON n.oid = v.relnamespace
    WHERE r.rulename = '_RETURN'
      AND r.oid IN (SELECT objid FROM referring WHERE classid = 'pg_catalog.pg_rewrite'::regclass)
), rules AS (
    SELECT r.oid, r.rulename, r.ev_class, r.ev_enabled, c.relowner,
           pg_catalog.format('%I.%I', n.nspname, c.relname) AS place, pg_catalog.pg_get_ruledef(r.oid) AS definition
    FROM pg_catalog.pg_rewrite AS r
         JOIN pg_catalog.pg_class AS c ON c.oid = r.ev_class
         JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
    WHERE r.rulename <> '_RETURN'
      AND (r.oid IN (SELECT objid FROM referring WHERE classid = 'pg_catalog.pg_rewrite'::regclass)
           OR r.ev_class IN (SELECT oid FROM moved))
), policies AS (
    SELECT p.*, c.relowner, pg_catalog.format('%I.%I', n.nspname, c.relname) AS place,
           coalesce(' USING (' || pg_catalog.pg_get_expr(p.polqual, p.polrelid) || ')', '')
           || coalesce(' WITH CHECK (' || pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid) || ')', '') AS body
    FROM pg_catalog.pg_policy AS p
         JOIN pg_catalog.pg_class AS c ON c.oid = p.polrelid
         JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
    WHERE p.oid IN (SELECT objid FROM referring WHERE classid = 'pg_catalog.pg_policy'::regclass)
       OR p.polrelid IN (SELECT oid FROM moved)
), found (rank, kind, object, is_own, before, after, obstacle, handled_class, handled, holder) AS (
    SELECT 1, 'view', v.place, pg_catalog.pg_has_role(v.relowner, 'USAGE'),
           -- Does nothing but take the view's lock. Readers lock a view before its tables, and so does the swap.
           ARRAY[pg_catalog.format('ALTER VIEW %s OWNER TO %I', v.place, pg_catalog.pg_get_userbyid(v.relowner))],
           ARRAY[pg_catalog.format('CREATE OR REPLACE VIEW %s%s AS %s', v.place, (
                     SELECT pg_catalog.format(' WITH (%s)', pg_catalog.string_agg(
                         pg_catalog.format('%s = %L', pg_catalog.split_part(o, '=', 1), pg_catalog.substr(o, pg_catalog.strpos(o, '=') + 1)), ', '))
                     FROM pg_catalog.unnest(v.reloptions) AS o HAVING count(*) > 0),
                 pg_catalog.pg_get_viewdef(v.oid))],
           CASE WHEN EXISTS (SELECT FROM pg_catalog.pg_depend AS d JOIN pg_catalog.pg_constraint AS k ON k.oid = d.refobjid
                             WHERE d.classid = 'pg_catalog.pg_rewrite'::regclass AND d.objid = v.rule
                               AND d.refclassid = 'pg_catalog.pg_constraint'::regclass
                               AND k.conrelid IN (SELECT oid FROM moved)
                               AND NOT EXISTS (SELECT FROM pg_catalog.pg_attribute AS a
                                               WHERE a.attrelid = k.conrelid AND a.attname = $2 AND a.attnum = ANY (k.conkey)))
                THEN 'it groups by the primary key alone, which will not be unique by itself any more' END,
           'pg_catalog.pg_rewrite'::regclass, v.rule, NULL::text
    FROM views AS v
    UNION ALL
    SELECT 2, 'rule', pg_catalog.format('%I on %s', r.rulename, r.place), pg_catalog.pg_has_role(r.relowner, 'USAGE'),
           CASE WHEN r.ev_class IN (SELECT oid FROM moved)
                THEN ARRAY[pg_catalog.format('DROP RULE %I ON %s', r.rulename, r.place)] ELSE '{}' END,
           CASE WHEN r.ev_class IN (SELECT oid FROM moved)
                THEN ARRAY[r.definition] || CASE r.ev_enabled WHEN 'O' THEN '{}'::text[]
                     ELSE ARRAY[pg_catalog.format('ALTER TABLE %s %s RULE %I', r.place,
                          CASE r.ev_enabled WHEN 'D' THEN 'DISABLE' WHEN 'R' THEN 'ENABLE REPLICA' ELSE 'ENABLE ALWAYS' END, r.rulename)] END
                     || ARRAY(SELECT pg_catalog.format('COMMENT ON RULE %I ON %s IS %L', r.rulename, r.place, o.comment)
                              FROM (SELECT pg_catalog.obj_description(r.oid, 'pg_rewrite') AS comment) AS o
                              WHERE o.comment IS NOT NULL)
                ELSE ARRAY['CREATE OR REPLACE RULE' || pg_catalog.substr(r.definition, 12)] END,
           NULL, 'pg_catalog.pg_rewrite'::regclass, r.oid,
           CASE WHEN r.ev_class NOT IN (SELECT oid FROM moved) THEN r.place END
    FROM rules AS r
    UNION ALL
    SELECT 3, 'function', p.oid::regprocedure::text, pg_catalog.pg_has_role(p.proowner, 'USAGE'), '{}',
           ARRAY[pg_catalog.pg_get_functiondef(p.oid)], NULL, 'pg_catalog.pg_proc'::regclass, p.oid, NULL
    FROM pg_catalog.pg_proc AS p
    WHERE p.prosqlbody IS NOT NULL
      AND p.oid IN (SELECT objid FROM referring WHERE classid = 'pg_catalog.pg_proc'::regclass)
    UNION ALL
    SELECT 4, 'policy', pg_catalog.format('%I on %s', p.polname, p.place), pg_catalog.pg_has_role(p.relowner, 'USAGE'),
           CASE WHEN p.polrelid IN (SELECT oid FROM moved)
                THEN ARRAY[pg_catalog.format('DROP POLICY %I ON %s', p.polname, p.place)] ELSE '{}' END,
           CASE WHEN p.polrelid IN (SELECT oid FROM moved)
                THEN ARRAY[pg_catalog.format('CREATE POLICY %I ON %s AS %s FOR %s TO %s%s', p.polname, p.place,
                         CASE WHEN p.polpermissive THEN 'PERMISSIVE' ELSE 'RESTRICTIVE' END,
                         CASE p.polcmd WHEN 'r' THEN 'SELECT' WHEN 'a' THEN 'INSERT' WHEN 'w' THEN 'UPDATE'
                                       WHEN 'd' THEN 'DELETE' ELSE 'ALL' END,
                         (SELECT pg_catalog.string_agg(CASE WHEN o = 0 THEN 'PUBLIC'
                                     ELSE pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(o)) END, ', ')
                          FROM pg_catalog.unnest(p.polroles) AS o), p.body)]
                     || ARRAY(SELECT pg_catalog.format('COMMENT ON POLICY %I ON %s IS %L', p.polname, p.place, o.comment)
                              FROM (SELECT pg_catalog.obj_description(p.oid, 'pg_policy') AS comment) AS o
                              WHERE o.comment IS NOT NULL)
                ELSE ARRAY[pg_catalog.format('ALTER POLICY %I ON %s%s', p.polname, p.place, p.body)] END,
           NULL, 'pg_catalog.pg_policy'::regclass, p.oid,
           CASE WHEN p.polrelid NOT IN (SELECT oid FROM moved) THEN p.place END
    FROM policies AS p
    UNION ALL
    SELECT 5, 'trigger', pg_catalog.format('%I on %s', t.tgname, m.place), true,
           ARRAY[pg_catalog.format('DROP TRIGGER %I ON %s', t.tgname, m.place)],
           ARRAY[pg_catalog.pg_get_triggerdef(t.oid)]
           || CASE t.tgenabled WHEN 'O' THEN '{}'::text[]
              ELSE ARRAY[pg_catalog.format('ALTER TABLE %s %s TRIGGER %I', m.place,
                   CASE t.tgenabled WHEN 'D' THEN 'DISABLE' WHEN 'R' THEN 'ENABLE REPLICA' ELSE 'ENABLE ALWAYS' END, t.tgname)] END
           || ARRAY(SELECT pg_catalog.format('COMMENT ON TRIGGER %I ON %s IS %L', t.tgname, m.place, o.comment)
                    FROM (SELECT pg_catalog.obj_description(t.oid, 'pg_trigger') AS comment) AS o WHERE o.comment IS NOT NULL),
           CASE WHEN $3::boolean AND t.tgtype::int & 1 = 1 AND (t.tgoldtable IS NOT NULL OR t.tgnewtable IS NOT NULL)
                THEN 'a trigger FOR EACH ROW with transition tables cannot be on a partitioned table' END,
           'pg_catalog.pg_trigger'::regclass, t.oid, NULL
    FROM pg_catalog.pg_trigger AS t JOIN moved AS m ON m.oid = t.tgrelid
    WHERE NOT t.tgisinternal AND t.tgparentid = 0
    UNION ALL
    SELECT 6, 'publication', b.pubname, pg_catalog.pg_has_role(b.pubowner, 'USAGE'),
           ARRAY[pg_catalog.format('ALTER PUBLICATION %I DROP TABLE %s', b.pubname, m.place)],
           CASE WHEN $3::boolean AND NOT b.pubviaroot
                THEN ARRAY[pg_catalog.format('ALTER PUBLICATION %I SET (publish_via_partition_root = true)', b.pubname)]
                ELSE '{}' END
           || ARRAY[pg_catalog.format('ALTER PUBLICATION %I ADD TABLE %s%s%s', b.pubname, m.place,
                  CASE WHEN pg_catalog.to_jsonb(r) ->> 'prattrs' IS NOT NULL
                       THEN (SELECT ' (' || pg_catalog.string_agg(pg_catalog.quote_ident(a.attname), ', ' ORDER BY a.attnum) || ')'
                             FROM pg_catalog.pg_attribute AS a
                             WHERE a.attrelid = m.oid AND a.attnum IN (
                                 SELECT e::int2 FROM pg_catalog.jsonb_array_elements_text(pg_catalog.to_jsonb(r) -> 'prattrs') AS e)) END,
                  (SELECT ' WHERE (' || (pg_catalog.to_jsonb(v) ->> 'rowfilter') || ')'
                   FROM pg_catalog.pg_publication_tables AS v
                   WHERE v.pubname = b.pubname AND v.schemaname = m.nspname AND v.tablename = m.relname
                     AND pg_catalog.to_jsonb(v) ->> 'rowfilter' IS NOT NULL))],
           CASE WHEN $3::boolean AND NOT b.pubviaroot AND EXISTS (
                    SELECT FROM pg_catalog.pg_publication_rel AS o JOIN pg_catalog.pg_class AS c ON c.oid = o.prrelid
                    WHERE o.prpubid = b.oid AND c.relkind = 'p')
                THEN pg_catalog.format('it publishes other partitioned tables as their partitions, and subscribers know this one by its name; '
                     'ALTER PUBLICATION %I SET (publish_via_partition_root = true) first', b.pubname) END,
           'pg_catalog.pg_publication_rel'::regclass, r.oid, NULL
    FROM pg_catalog.pg_publication_rel AS r
         JOIN pg_catalog.pg_publication AS b ON b.oid = r.prpubid
         JOIN moved AS m ON m.oid = r.prrelid
    UNION ALL
    SELECT 7, 'sequence', s.oid::regclass::text, pg_catalog.pg_has_role(s.relowner, 'USAGE'),
           ARRAY[pg_catalog.format('ALTER SEQUENCE %s OWNED BY NONE', s.oid::regclass)],
           ARRAY[pg_catalog.format('ALTER SEQUENCE %s OWNED BY %s.%I', s.oid::regclass, m.place, a.attname)],
           NULL, 'pg_catalog.pg_class'::regclass, s.oid, NULL
    FROM moved AS m
         JOIN pg_catalog.pg_depend AS d ON d.refclassid = 'pg_catalog.pg_class'::regclass AND d.refobjid = m.oid
              AND d.classid = 'pg_catalog.pg_class'::regclass AND d.deptype = 'a' AND d.refobjsubid > 0
         JOIN pg_catalog.pg_class AS s ON s.oid = d.objid AND s.relkind = 'S'
         JOIN pg_catalog.pg_attribute AS a ON a.attrelid = m.oid AND a.attnum = d.refobjsubid
    UNION ALL
    -- Dropped here, made again by whoever knows the partitions.
    SELECT 8, 'foreign_key', k.conname, true,
           ARRAY[pg_catalog.format('ALTER TABLE %s DROP CONSTRAINT %I', m.place, k.conname)], '{}',
           CASE WHEN k.confrelid = k.conrelid THEN 'it refers to the table itself'
                WHEN $3::boolean AND NOT k.convalidated
                THEN 'it is NOT VALID, and could not be validated after the swap; validate it first' END,
           'pg_catalog.pg_constraint'::regclass, k.oid, NULL
    FROM pg_catalog.pg_constraint AS k JOIN moved AS m ON m.oid = k.conrelid
    WHERE k.contype = 'f' AND k.conparentid = 0
    UNION ALL
    SELECT 9, 'incoming_foreign_key', pg_catalog.format('%I on %s', k.conname, k.conrelid::regclass),
           pg_catalog.pg_has_role(c.relowner, 'USAGE'),
           ARRAY[pg_catalog.format('ALTER TABLE %s DROP CONSTRAINT %I', k.conrelid::regclass, k.conname)],
           ARRAY[pg_catalog.format('ALTER TABLE %s ADD CONSTRAINT %I %s%s', k.conrelid::regclass, k.conname,
                     pg_catalog.pg_get_constraintdef(k.oid), CASE WHEN k.convalidated THEN ' NOT VALID' END)]
           || ARRAY(SELECT pg_catalog.format('COMMENT ON CONSTRAINT %I ON %s IS %L', k.conname, k.conrelid::regclass, o.comment)
                    FROM (SELECT pg_catalog.obj_description(k.oid, 'pg_constraint') AS comment) AS o WHERE o.comment IS NOT NULL),
           CASE WHEN NOT EXISTS (SELECT FROM pg_catalog.pg_attribute AS a
                                 WHERE a.attrelid = m.oid AND a.attname = $2 AND a.attnum = ANY (k.confkey))
                THEN pg_catalog.format('it refers to columns that will not be unique without %I, and would be lost for good; one that refers to %I as well is moved', $2::text, $2::text)
                WHEN $3::boolean AND NOT k.convalidated
                THEN 'it is NOT VALID, and could not be validated after the swap; validate it first'
                WHEN c.relkind = 'p' AND pg_catalog.current_setting('server_version_num')::int < 180000
                THEN 'a foreign key of a partitioned table cannot be added NOT VALID before PostgreSQL 18' END,
           'pg_catalog.pg_constraint'::regclass, k.oid, k.conrelid::regclass::text
    FROM pg_catalog.pg_constraint AS k
         JOIN moved AS m ON m.oid = k.confrelid
         JOIN pg_catalog.pg_class AS c ON c.oid = k.conrelid
    WHERE k.contype = 'f' AND k.conparentid = 0 AND k.conrelid <> k.confrelid
    UNION ALL
    SELECT 10, 'materialized_view', v.oid::regclass::text, pg_catalog.pg_has_role(v.relowner, 'USAGE'), '{}', '{}', NULL,
           'pg_catalog.pg_rewrite'::regclass, r.oid, NULL
    FROM pg_catalog.pg_rewrite AS r JOIN pg_catalog.pg_class AS v ON v.oid = r.ev_class AND v.relkind = 'm'
    WHERE r.oid IN (SELECT objid FROM referring WHERE classid = 'pg_catalog.pg_rewrite'::regclass)
    UNION ALL
    -- A row type is its table's own, and cannot be moved.
    SELECT 11, 'type', pg_catalog.pg_describe_object(d.classid, d.objid, d.objsubid), true, '{}', '{}',
           'it uses the row type of the table, which goes with the table as it was', NULL, NULL, NULL
    FROM moved AS m
         JOIN pg_catalog.pg_type AS t ON t.oid = m.reltype
         JOIN pg_catalog.pg_depend AS d ON d.refclassid = 'pg_catalog.pg_type'::regclass
              AND d.refobjid IN (t.oid, t.typarray) AND d.deptype = 'n'
)
SELECT rank, kind, object, is_own, before, after, obstacle, holder FROM found
UNION ALL
SELECT 12, 'other', pg_catalog.pg_describe_object(r.classid, r.objid, 0), true, '{}', '{}',
       'dbctl does not know how to move it to another table', NULL
FROM referring AS r
WHERE NOT EXISTS (SELECT FROM found AS f WHERE f.handled_class = r.classid AND f.handled = r.objid)
  AND NOT (r.classid = 'pg_catalog.pg_class'::regclass
           AND (EXISTS (SELECT FROM pg_catalog.pg_index AS i WHERE i.indexrelid = r.objid AND i.indrelid = r.relation)
                OR EXISTS (SELECT FROM pg_catalog.pg_inherits AS h WHERE h.inhrelid = r.objid AND h.inhparent = r.relation)))
  AND NOT (r.classid = 'pg_catalog.pg_constraint'::regclass
           AND EXISTS (SELECT FROM pg_catalog.pg_constraint AS k
                       WHERE k.oid = r.objid AND (k.conrelid = r.relation OR k.conparentid <> 0)))
  AND NOT (r.classid = 'pg_catalog.pg_attrdef'::regclass
           AND EXISTS (SELECT FROM pg_catalog.pg_attrdef AS e WHERE e.oid = r.objid AND e.adrelid = r.relation))
  AND NOT (r.classid = 'pg_catalog.pg_statistic_ext'::regclass
           AND EXISTS (SELECT FROM pg_catalog.pg_statistic_ext AS s WHERE s.oid = r.objid AND s.stxrelid = r.relation))
  AND NOT (r.classid = 'pg_catalog.pg_trigger'::regclass
           AND EXISTS (SELECT FROM pg_catalog.pg_trigger AS t WHERE t.oid = r.objid AND t.tgisinternal))
ORDER BY rank, object
