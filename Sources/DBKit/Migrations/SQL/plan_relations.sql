-- The relations that statements name, and those around them whose locks or rows their work may reach: partitions and
-- their parents, tables at the other end of foreign keys, views above and tables below. One JSON document a relation.
-- Parameters: $1 quoted names of relations, $2 quoted names of domains. Reads only. Minimum version: 14.
WITH RECURSIVE named AS (
    SELECT u.name, pg_catalog.to_regclass(u.name)::oid AS oid FROM unnest($1::text[]) AS u (name)
),
domains AS (
    SELECT pg_catalog.to_regtype(u.name)::oid AS oid FROM unnest($2::text[]) AS u (name)
    UNION
    SELECT t.oid FROM pg_catalog.pg_type AS t JOIN domains AS d ON d.oid IN (t.typbasetype, t.typelem)
    WHERE t.typtype = 'd' OR t.typelem = d.oid
),
start AS (
    SELECT oid FROM named WHERE oid IS NOT NULL
    UNION SELECT i.indrelid FROM pg_catalog.pg_index AS i JOIN named AS n ON n.oid = i.indexrelid
    UNION SELECT a.attrelid FROM pg_catalog.pg_attribute AS a
    JOIN domains AS d ON d.oid = a.atttypid
    JOIN pg_catalog.pg_class AS c ON c.oid = a.attrelid AND c.relkind IN ('r', 'm')
    WHERE NOT a.attisdropped
),
up AS (
    SELECT oid FROM start
    UNION SELECT i.inhparent FROM pg_catalog.pg_inherits AS i JOIN up AS u ON u.oid = i.inhrelid
),
near AS (
    SELECT oid FROM up
    UNION SELECT p.partdefid FROM pg_catalog.pg_partitioned_table AS p JOIN up AS u ON u.oid = p.partrelid
    WHERE p.partdefid <> 0
),
-- The views below and the tables under them.
below AS (
    SELECT oid FROM start
    UNION SELECT d.refobjid
    FROM below AS b
    JOIN pg_catalog.pg_rewrite AS r ON r.ev_class = b.oid
    JOIN pg_catalog.pg_depend AS d
        ON d.classid = 'pg_catalog.pg_rewrite'::regclass AND d.objid = r.oid
        AND d.refclassid = 'pg_catalog.pg_class'::regclass AND d.refobjid <> r.ev_class
),
tree AS (
    SELECT oid FROM near UNION SELECT oid FROM below
    UNION SELECT i.inhrelid FROM pg_catalog.pg_inherits AS i JOIN tree AS t ON t.oid = i.inhparent
),
joined AS (
    SELECT oid FROM tree
    UNION SELECT c.confrelid FROM pg_catalog.pg_constraint AS c JOIN tree AS t ON t.oid = c.conrelid
    WHERE c.contype = 'f'
    UNION SELECT c.conrelid FROM pg_catalog.pg_constraint AS c JOIN tree AS t ON t.oid = c.confrelid
    WHERE c.contype = 'f'
    UNION SELECT i.inhrelid FROM pg_catalog.pg_inherits AS i JOIN joined AS j ON j.oid = i.inhparent
),
above AS (
    SELECT oid FROM joined
    UNION SELECT r.ev_class
    FROM above AS a
    JOIN pg_catalog.pg_depend AS d
        ON d.refclassid = 'pg_catalog.pg_class'::regclass AND d.refobjid = a.oid
        AND d.classid = 'pg_catalog.pg_rewrite'::regclass AND d.deptype = 'n'
    JOIN pg_catalog.pg_rewrite AS r ON r.oid = d.objid
)
SELECT
    pg_catalog.json_build_object(
        'oid', c.oid::bigint, 'schema', n.nspname, 'name', c.relname, 'kind', c.relkind,
        'is_system', n.nspname IN ('pg_catalog', 'information_schema'),
        'persistence', c.relpersistence, 'is_partition', c.relispartition,
        'tablespace', coalesce(ts.spcname, ''), 'access_method', coalesce(am.amname, ''),
        'rows', CASE WHEN c.reltuples >= 0 THEN c.reltuples::bigint END,
        'heap_bytes', coalesce(pg_catalog.pg_relation_size(c.oid), 0),
        'table_bytes', CASE WHEN c.relkind IN ('r', 'm', 't') THEN coalesce(pg_catalog.pg_table_size(c.oid), 0)
                            ELSE 0 END,
        'index_bytes', CASE WHEN c.relkind IN ('r', 'm', 't') THEN coalesce(pg_catalog.pg_indexes_size(c.oid), 0)
                            ELSE 0 END,
        'index_table', (SELECT i.indrelid::bigint FROM pg_catalog.pg_index AS i WHERE i.indexrelid = c.oid),
        'parents', (SELECT coalesce(pg_catalog.json_agg(i.inhparent::bigint ORDER BY i.inhseqno), '[]')
                    FROM pg_catalog.pg_inherits AS i WHERE i.inhrelid = c.oid),
        'children', (SELECT coalesce(pg_catalog.json_agg(i.inhrelid::bigint ORDER BY i.inhrelid), '[]')
                     FROM pg_catalog.pg_inherits AS i WHERE i.inhparent = c.oid),
        'default_partition', (SELECT p.partdefid::bigint FROM pg_catalog.pg_partitioned_table AS p
                              WHERE p.partrelid = c.oid AND p.partdefid <> 0),
        'has_triggers', EXISTS (SELECT FROM pg_catalog.pg_trigger AS t
                                WHERE t.tgrelid = c.oid AND NOT t.tgisinternal AND t.tgenabled <> 'D'),
        'base_relations', (
            SELECT coalesce(pg_catalog.json_agg(DISTINCT d.refobjid::bigint), '[]')
            FROM pg_catalog.pg_rewrite AS r
            JOIN pg_catalog.pg_depend AS d
                ON d.classid = 'pg_catalog.pg_rewrite'::regclass AND d.objid = r.oid
                AND d.refclassid = 'pg_catalog.pg_class'::regclass AND d.refobjid <> r.ev_class
            WHERE r.ev_class = c.oid AND c.relkind IN ('v', 'm')),
        'dependent_views', (
            SELECT coalesce(pg_catalog.json_agg(pg_catalog.json_build_object(
                'oid', x.ev_class::bigint, 'column', x.attname)), '[]')
            FROM (
                SELECT DISTINCT r.ev_class, a.attname
                FROM pg_catalog.pg_depend AS d
                JOIN pg_catalog.pg_rewrite AS r ON r.oid = d.objid AND r.ev_class <> c.oid
                LEFT JOIN pg_catalog.pg_attribute AS a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
                    AND a.attnum > 0
                WHERE d.refclassid = 'pg_catalog.pg_class'::regclass AND d.refobjid = c.oid
                  AND d.classid = 'pg_catalog.pg_rewrite'::regclass AND d.deptype = 'n'
            ) AS x),
        'columns', (
            SELECT coalesce(pg_catalog.json_agg(pg_catalog.json_build_object(
                'name', a.attname, 'type', a.atttypid::bigint,
                'modifier', a.atttypmod, 'is_not_null', a.attnotnull,
                'identity', a.attidentity, 'generated', a.attgenerated,
                'base_type', b.oid::bigint, 'base_modifier', b.modifier) ORDER BY a.attnum), '[]')
            FROM pg_catalog.pg_attribute AS a
            CROSS JOIN LATERAL (
                WITH RECURSIVE chain AS (
                    SELECT t.oid, a.atttypmod AS modifier, t.typtype, t.typbasetype, t.typtypmod, 0 AS depth
                    FROM pg_catalog.pg_type AS t WHERE t.oid = a.atttypid
                    UNION ALL
                    SELECT t.oid, c.typtypmod, t.typtype, t.typbasetype, t.typtypmod, c.depth + 1
                    FROM chain AS c JOIN pg_catalog.pg_type AS t ON t.oid = c.typbasetype WHERE c.typtype = 'd'
                )
                SELECT oid, modifier FROM chain ORDER BY depth DESC LIMIT 1
            ) AS b
            WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'p', 'f', 'm')),
        'constraints', (
            SELECT coalesce(pg_catalog.json_agg(pg_catalog.json_build_object(
                'name', k.conname, 'type', k.contype, 'is_validated', k.convalidated,
                'owner', k.conrelid::bigint, 'target', k.confrelid::bigint, 'on_delete', k.confdeltype, 'on_update', k.confupdtype,
                'index', k.conindid::bigint, 'is_inherited', k.conparentid <> 0,
                'columns', (SELECT coalesce(pg_catalog.json_agg(a.attname), '[]') FROM pg_catalog.pg_attribute AS a
                            WHERE a.attrelid = k.conrelid AND a.attnum = ANY (k.conkey)),
                'target_columns', (SELECT coalesce(pg_catalog.json_agg(a.attname), '[]')
                                   FROM pg_catalog.pg_attribute AS a
                                   WHERE a.attrelid = k.confrelid AND a.attnum = ANY (k.confkey)),
                'definition', CASE WHEN k.contype = 'c' THEN pg_catalog.pg_get_constraintdef(k.oid) END)), '[]')
            FROM pg_catalog.pg_constraint AS k
            WHERE k.conrelid = c.oid OR (k.contype = 'f' AND k.confrelid = c.oid)),
        'indexes', (
            SELECT coalesce(pg_catalog.json_agg(pg_catalog.json_build_object(
                'oid', i.indexrelid::bigint, 'name', ic.relname, 'schema', ins.nspname,
                'is_valid', i.indisvalid, 'is_unique', i.indisunique, 'is_primary', i.indisprimary,
                'is_exclusion', i.indisexclusion,
                'method', ic.relam::bigint, 'is_partitioned', ic.relkind = 'I',
                'has_expression', i.indexprs IS NOT NULL, 'has_predicate', i.indpred IS NOT NULL,
                'keys', (
                    SELECT pg_catalog.json_agg(pg_catalog.json_build_object(
                        'column', a.attname, 'operator_class', i.indclass[s.place]::bigint) ORDER BY s.place)
                    FROM generate_series(0, i.indnkeyatts - 1) AS s (place)
                    LEFT JOIN pg_catalog.pg_attribute AS a
                        ON a.attrelid = i.indrelid AND a.attnum = i.indkey[s.place] AND a.attnum > 0),
                'refers_to', (
                    SELECT coalesce(pg_catalog.json_agg(DISTINCT a.attname), '[]') FROM pg_catalog.pg_attribute AS a
                    WHERE a.attrelid = i.indrelid AND a.attnum > 0 AND (
                        a.attnum = ANY (i.indkey)
                        OR EXISTS (
                            SELECT FROM pg_catalog.pg_depend AS d
                            WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = i.indexrelid
                              AND d.refclassid = 'pg_catalog.pg_class'::regclass AND d.refobjid = i.indrelid
                              AND d.refobjsubid = a.attnum)))
                )), '[]')
            FROM pg_catalog.pg_index AS i
            JOIN pg_catalog.pg_class AS ic ON ic.oid = i.indexrelid
            JOIN pg_catalog.pg_namespace AS ins ON ins.oid = ic.relnamespace
            WHERE i.indrelid = c.oid)
    )::text AS document
FROM above
JOIN pg_catalog.pg_class AS c ON c.oid = above.oid
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
LEFT JOIN pg_catalog.pg_tablespace AS ts ON ts.oid = c.reltablespace
LEFT JOIN pg_catalog.pg_am AS am ON am.oid = c.relam
ORDER BY c.oid
