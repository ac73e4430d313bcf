-- All that a partition should have like its parent, one document a relation. To be run with search_path = pg_catalog, so
-- that two expressions that mean the same are written the same.
-- $1 oids. Minimum version: 14.
SELECT c.oid::bigint AS oid,
       pg_catalog.jsonb_build_object(
    'oid', c.oid::bigint, 'schema', n.nspname, 'name', c.relname, 'kind', c.relkind::text,
    'owner', pg_catalog.pg_get_userbyid(c.relowner),
    'tablespace', (SELECT t.spcname FROM pg_catalog.pg_tablespace AS t WHERE t.oid = c.reltablespace),
    'access_method', (SELECT m.amname FROM pg_catalog.pg_am AS m WHERE m.oid = c.relam),
    'is_unlogged', c.relpersistence = 'u',
    'options', coalesce(c.reloptions, '{}') || ARRAY(
        SELECT 'toast.' || o FROM pg_catalog.pg_class AS t, pg_catalog.unnest(t.reloptions) AS o
        WHERE t.oid = c.reltoastrelid ORDER BY o),
    'comment', pg_catalog.obj_description(c.oid, 'pg_class'),
    'row_security', c.relrowsecurity, 'forces_row_security', c.relforcerowsecurity,
    'replica_identity', c.relreplident::text,
    'grants', (SELECT coalesce(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object(
            'grantee', CASE WHEN g.grantee <> 0 THEN pg_catalog.pg_get_userbyid(g.grantee) END,
            'privilege', g.privilege_type, 'is_grantable', g.is_grantable)), '[]')
        FROM pg_catalog.aclexplode(coalesce(c.relacl, pg_catalog.acldefault('r', c.relowner))) AS g),
    'columns', (SELECT coalesce(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object(
            'name', a.attname, 'type', pg_catalog.format_type(a.atttypid, a.atttypmod), 'is_not_null', a.attnotnull,
            'collation', (SELECT pg_catalog.quote_ident(ln.nspname) || '.' || pg_catalog.quote_ident(l.collname)
                          FROM pg_catalog.pg_collation AS l JOIN pg_catalog.pg_namespace AS ln ON ln.oid = l.collnamespace
                          WHERE l.oid = a.attcollation),
            'default', CASE WHEN a.attgenerated = '' THEN pg_catalog.pg_get_expr(d.adbin, d.adrelid) END,
            'generated', CASE WHEN a.attgenerated <> '' THEN pg_catalog.pg_get_expr(d.adbin, d.adrelid) END,
            'identity', a.attidentity::text,
            'statistics_target', coalesce((pg_catalog.to_jsonb(a) ->> 'attstattarget')::int, -1),
            'storage', a.attstorage::text, 'compression', a.attcompression::text,
            'options', coalesce(a.attoptions, '{}'),
            'comment', pg_catalog.col_description(c.oid, a.attnum),
            'grants', (SELECT coalesce(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object(
                    'grantee', CASE WHEN g.grantee <> 0 THEN pg_catalog.pg_get_userbyid(g.grantee) END,
                    'privilege', g.privilege_type, 'is_grantable', g.is_grantable)), '[]')
                FROM pg_catalog.aclexplode(a.attacl) AS g)) ORDER BY a.attnum), '[]')
        FROM pg_catalog.pg_attribute AS a
             LEFT JOIN pg_catalog.pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
        WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped),
    'constraints', (SELECT coalesce(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object(
            'name', k.conname, 'kind', k.contype::text, 'definition', pg_catalog.pg_get_constraintdef(k.oid),
            'is_valid', k.convalidated, 'is_inherited', NOT k.connoinherit,
            'columns', ARRAY(SELECT a.attname FROM pg_catalog.pg_attribute AS a
                             WHERE a.attrelid = k.conrelid AND a.attnum = ANY (k.conkey) ORDER BY a.attnum),
            'comment', pg_catalog.obj_description(k.oid, 'pg_constraint')) ORDER BY k.conname), '[]')
        FROM pg_catalog.pg_constraint AS k
        -- Without those that the server keeps for each partition of a table that a foreign key refers to.
        WHERE k.conrelid = c.oid AND k.contype IN ('c', 'f')
          AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint AS up
                          WHERE up.oid = k.conparentid AND up.conrelid = k.conrelid)),
    'indexes', (SELECT coalesce(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object(
            'oid', i.indexrelid::bigint, 'name', x.relname, 'is_unique', i.indisunique, 'is_primary', i.indisprimary,
            'is_valid', i.indisvalid AND i.indisready AND i.indislive, 'is_identity', i.indisreplident,
            'parent', h.inhparent::bigint, 'comment', pg_catalog.obj_description(x.oid, 'pg_class'),
            'constraint', pg_catalog.pg_get_constraintdef(k.oid),
            'constraint_comment', pg_catalog.obj_description(k.oid, 'pg_constraint'),
            'columns', ARRAY(SELECT a.attname FROM pg_catalog.pg_attribute AS a
                             WHERE a.attrelid = i.indexrelid AND a.attnum > 0 ORDER BY a.attnum),
            -- What stands behind the table.
            'body', pg_catalog.substr(pg_catalog.pg_get_indexdef(i.indexrelid), pg_catalog.length(pg_catalog.format(
                'CREATE %sINDEX %I ON %s%I.%I ', CASE WHEN i.indisunique THEN 'UNIQUE ' END, x.relname,
                CASE WHEN x.relkind = 'I' THEN 'ONLY ' END, n.nspname, c.relname)) + 1)) ORDER BY x.relname), '[]')
        FROM pg_catalog.pg_index AS i
             JOIN pg_catalog.pg_class AS x ON x.oid = i.indexrelid
             LEFT JOIN pg_catalog.pg_inherits AS h ON h.inhrelid = i.indexrelid
             LEFT JOIN pg_catalog.pg_constraint AS k ON k.conindid = i.indexrelid AND k.contype IN ('p', 'u', 'x')
                  AND k.conrelid = i.indrelid
        WHERE i.indrelid = c.oid),
    'policies', (SELECT coalesce(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object(
            'name', p.polname, 'command', p.polcmd::text, 'is_permissive', p.polpermissive,
            'roles', ARRAY(SELECT CASE WHEN r <> 0 THEN pg_catalog.pg_get_userbyid(r)::text END
                           FROM pg_catalog.unnest(p.polroles) AS r ORDER BY 1),
            'using', pg_catalog.pg_get_expr(p.polqual, p.polrelid),
            'check', pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid),
            'comment', pg_catalog.obj_description(p.oid, 'pg_policy')) ORDER BY p.polname), '[]')
        FROM pg_catalog.pg_policy AS p WHERE p.polrelid = c.oid),
    'statistics', (SELECT coalesce(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object(
            'schema', sn.nspname, 'name', s.stxname, 'kinds', ARRAY(SELECT k::text FROM pg_catalog.unnest(s.stxkind) AS k ORDER BY 1),
            'columns', pg_catalog.pg_get_statisticsobjdef_columns(s.oid),
            'column_names', ARRAY(SELECT a.attname FROM pg_catalog.unnest(s.stxkeys::int2[]) WITH ORDINALITY AS u (number, place)
                                       JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.oid AND a.attnum = u.number
                                  ORDER BY u.place),
            'has_expressions', 'e' = ANY (s.stxkind),
            'target', coalesce((pg_catalog.to_jsonb(s) ->> 'stxstattarget')::int, -1),
            'comment', pg_catalog.obj_description(s.oid, 'pg_statistic_ext')) ORDER BY s.stxname), '[]')
        FROM pg_catalog.pg_statistic_ext AS s JOIN pg_catalog.pg_namespace AS sn ON sn.oid = s.stxnamespace
        WHERE s.stxrelid = c.oid),
    'triggers', (SELECT coalesce(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object(
            'name', t.tgname, 'is_for_rows', t.tgtype::int & 1 = 1, 'enabled', t.tgenabled::text,
            'is_constraint', t.tgconstraint <> 0, 'is_inherited', t.tgparentid <> 0,
            -- Around the table's name.
            'before_table', pg_catalog.left(w.rest, pg_catalog.strpos(w.rest, w.place) - 1),
            'after_table', pg_catalog.substr(w.rest, pg_catalog.strpos(w.rest, w.place) + pg_catalog.length(w.place)))
            ORDER BY t.tgname), '[]')
        FROM pg_catalog.pg_trigger AS t
             CROSS JOIN LATERAL (SELECT pg_catalog.format(' ON %I.%I ', n.nspname, c.relname) AS place,
                 pg_catalog.substr(pg_catalog.pg_get_triggerdef(t.oid), pg_catalog.length(pg_catalog.format(
                     'CREATE %sTRIGGER %I ', CASE WHEN t.tgconstraint <> 0 THEN 'CONSTRAINT ' END, t.tgname)) + 1)
                     AS rest) AS w
        WHERE t.tgrelid = c.oid AND NOT t.tgisinternal),
    -- Those that name it; partitions are published with their parent.
    'publications', (SELECT coalesce(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object(
            'name', b.pubname,
            'columns', CASE WHEN pg_catalog.to_jsonb(r) ->> 'prattrs' IS NOT NULL THEN (
                SELECT pg_catalog.jsonb_agg(a.attname ORDER BY a.attnum) FROM pg_catalog.pg_attribute AS a
                WHERE a.attrelid = c.oid AND a.attnum IN (
                    SELECT e::int2 FROM pg_catalog.jsonb_array_elements_text(pg_catalog.to_jsonb(r) -> 'prattrs') AS e)) END,
            'filter', (SELECT pg_catalog.to_jsonb(v) ->> 'rowfilter' FROM pg_catalog.pg_publication_tables AS v
                       WHERE v.pubname = b.pubname AND v.schemaname = n.nspname AND v.tablename = c.relname))
            ORDER BY b.pubname), '[]')
        FROM pg_catalog.pg_publication_rel AS r JOIN pg_catalog.pg_publication AS b ON b.oid = r.prpubid
        WHERE r.prrelid = c.oid)
       )::text AS traits
FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.oid = ANY ($1::bigint[]::oid[])
