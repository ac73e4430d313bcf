-- What must be the same before and after a conversion, one line each. Unique keys are told without their columns.
SELECT line FROM (
SELECT 1 AS place, format('column %s %s %s default %s generated %s identity %s stats %s storage %s options %s acl %s comment %s', a.attname, format_type(a.atttypid, a.atttypmod),
       a.attnotnull, CASE WHEN a.attgenerated = '' THEN pg_get_expr(d.adbin, d.adrelid) END, CASE WHEN a.attgenerated <> '' THEN pg_get_expr(d.adbin, d.adrelid) END,
       a.attidentity, to_jsonb(a) ->> 'attstattarget', a.attstorage, a.attoptions, a.attacl, col_description(c.oid, a.attnum)) AS line
FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid LEFT JOIN pg_attrdef AS d ON d.adrelid = c.oid AND d.adnum = a.attnum
WHERE c.oid = 'orders'::regclass AND a.attnum > 0 AND NOT a.attisdropped
UNION ALL
SELECT 2, format('table owner %s acl %s security %s %s comment %s identity %s', pg_get_userbyid(relowner), relacl, relrowsecurity, relforcerowsecurity,
       obj_description(oid, 'pg_class'), relreplident) FROM pg_class WHERE oid = 'orders'::regclass
UNION ALL
SELECT 3, format('index %s %s unique %s primary %s identity %s comment %s', x.relname,
       CASE WHEN NOT i.indisunique THEN replace(pg_get_indexdef(i.indexrelid), 'ON ONLY ', 'ON ') END, i.indisunique, i.indisprimary, i.indisreplident, obj_description(x.oid, 'pg_class'))
FROM pg_index AS i JOIN pg_class AS x ON x.oid = i.indexrelid WHERE i.indrelid = 'orders'::regclass
UNION ALL
SELECT 4, format('constraint %s %s valid %s comment %s', k.conname, CASE WHEN k.contype NOT IN ('p', 'u') THEN pg_get_constraintdef(k.oid) END, k.convalidated, obj_description(k.oid, 'pg_constraint'))
FROM pg_constraint AS k WHERE k.conrelid = 'orders'::regclass AND k.contype <> 'n'
UNION ALL
SELECT 5, format('incoming %s %s valid %s comment %s', k.conname, pg_get_constraintdef(k.oid), k.convalidated, obj_description(k.oid, 'pg_constraint'))
FROM pg_constraint AS k WHERE k.confrelid = 'orders'::regclass AND k.conrelid = 'shipments'::regclass AND k.conparentid = 0
UNION ALL
SELECT 6, format('trigger %s enabled %s comment %s', pg_get_triggerdef(t.oid), t.tgenabled, obj_description(t.oid, 'pg_trigger'))
FROM pg_trigger AS t WHERE t.tgrelid = 'orders'::regclass AND NOT t.tgisinternal AND t.tgname NOT LIKE 'dbctl%'
UNION ALL
SELECT 7, format('policy %s', p) FROM pg_policies AS p WHERE tablename IN ('orders', 'notes')
UNION ALL
SELECT 8, format('view %s %s options %s acl %s owner %s comment %s populated %s', c.oid::regclass, pg_get_viewdef(c.oid), c.reloptions, c.relacl, pg_get_userbyid(c.relowner),
       obj_description(c.oid, 'pg_class'), c.relispopulated) FROM pg_class AS c
WHERE c.relkind IN ('v', 'm') AND c.relnamespace IN ('public'::regnamespace, 'reports'::regnamespace)
UNION ALL
SELECT 9, format('index of a view %s comment %s', pg_get_indexdef(i.indexrelid), obj_description(i.indexrelid, 'pg_class')) FROM pg_index AS i WHERE i.indrelid = 'reports.by_asset'::regclass
UNION ALL
SELECT 10, format('rule %s %s comment %s', pg_get_ruledef(r.oid), r.ev_enabled, obj_description(r.oid, 'pg_rewrite')) FROM pg_rewrite AS r WHERE r.rulename IN ('orders_rule', 'assets_rule')
UNION ALL
SELECT 11, format('function %s comment %s', pg_get_functiondef(p.oid), obj_description(p.oid, 'pg_proc')) FROM pg_proc AS p WHERE p.proname = 'order_count'
UNION ALL
SELECT 12, format('publication %s', v) FROM pg_publication_tables AS v
UNION ALL
SELECT 13, format('statistics %s target %s comment %s', pg_get_statisticsobjdef(s.oid), to_jsonb(s) ->> 'stxstattarget', obj_description(s.oid, 'pg_statistic_ext')) FROM pg_statistic_ext AS s WHERE s.stxrelid = 'orders'::regclass
UNION ALL
SELECT 14, format('sequence %s comment %s of %s owner %s acl %s %s', s.oid::regclass, obj_description(s.oid, 'pg_class'), pg_get_serial_sequence('orders', a.attname), pg_get_userbyid(s.relowner), s.relacl, (q.seqstart, q.seqincrement, q.seqmin, q.seqmax, q.seqcache, q.seqcycle))
FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid JOIN pg_class AS s ON s.oid = pg_get_serial_sequence('orders', a.attname)::regclass
     JOIN (SELECT seqrelid AS of, seqstart, seqincrement, seqmax, seqmin, seqcache, seqcycle FROM pg_sequence) AS q ON q.of = s.oid
WHERE c.oid = 'orders'::regclass AND a.attnum > 0 AND NOT a.attisdropped
UNION ALL
SELECT 15, format('rows %s %s', count(*), sum(hashtextextended(o::text, 0)::numeric)) FROM orders AS o
UNION ALL
SELECT 16, format('seen %s %s %s %s', (SELECT count(*) FROM large), (SELECT count(*) FROM reports.shown), order_count(7), order_count_text())
UNION ALL
SELECT 17, format('comment of the policy %s on %s: %s', p.polname, p.polrelid::regclass, d.description)
FROM pg_policy AS p JOIN pg_description AS d ON d.objoid = p.oid AND d.classoid = 'pg_policy'::regclass
WHERE p.polrelid IN ('orders'::regclass, 'notes'::regclass)
UNION ALL
SELECT 18, format('comment of %s.%s: %s', a.attrelid::regclass, a.attname, col_description(a.attrelid, a.attnum)) FROM pg_attribute AS a
WHERE a.attrelid IN ('large'::regclass, to_regclass('reports.by_asset')) AND a.attnum > 0 AND col_description(a.attrelid, a.attnum) IS NOT NULL
) AS kept ORDER BY place, line
