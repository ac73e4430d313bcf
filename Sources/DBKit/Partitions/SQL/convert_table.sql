-- A table that is to become partitioned, with all that a conversion depends on. To be run with search_path = pg_catalog, so
-- that definitions name every schema.
-- $1 its oid. Minimum version: 14.
SELECT pg_catalog.jsonb_build_object(
    'oid', c.oid::bigint, 'schema', n.nspname, 'name', c.relname, 'kind', c.relkind::text,
    'persistence', c.relpersistence::text, 'owner', pg_catalog.pg_get_userbyid(c.relowner),
    'isOwn', pg_catalog.pg_has_role(c.relowner, 'USAGE')
        -- What is made for the owner is given to him, for which 16 wants more than his rights.
        AND (pg_catalog.current_setting('server_version_num')::int < 160000
             OR pg_catalog.pg_has_role(c.relowner, CASE WHEN pg_catalog.current_setting('server_version_num')::int < 160000
                                                        THEN 'USAGE' ELSE 'SET' END)),
    'mayCreateSchemas', pg_catalog.has_database_privilege(pg_catalog.current_database(), 'CREATE'),
    'mayCreateTables', pg_catalog.has_schema_privilege(c.relnamespace, 'CREATE'),
    'database', pg_catalog.current_database(),
    'isPartition', c.relispartition,
    'isInherited', EXISTS (SELECT FROM pg_catalog.pg_inherits AS i WHERE c.oid IN (i.inhparent, i.inhrelid)),
    'isTyped', c.reloftype <> 0,
    'hidesRows', c.relrowsecurity AND (c.relforcerowsecurity OR NOT pg_catalog.pg_has_role(c.relowner, 'USAGE'))
        AND NOT (SELECT r.rolsuper OR r.rolbypassrls FROM pg_catalog.pg_roles AS r WHERE r.rolname = current_user),
    'isSubscribed', EXISTS (SELECT FROM pg_catalog.pg_subscription_rel AS r WHERE r.srrelid = c.oid),
    'hasTriggerLanguage', EXISTS (SELECT FROM pg_catalog.pg_language AS l WHERE l.lanname = 'plpgsql'),
    -- What publishes every table sends the copy too, to subscribers that do not have it.
    'broadPublications', CASE WHEN EXISTS (
            SELECT FROM pg_catalog.pg_replication_slots AS s
            WHERE s.slot_type = 'logical' AND s.database = pg_catalog.current_database())
        THEN ARRAY(SELECT DISTINCT v.pubname::text FROM pg_catalog.pg_publication_tables AS v
                   WHERE v.schemaname = n.nspname AND v.tablename = c.relname
                     AND v.pubname NOT IN (SELECT b.pubname FROM pg_catalog.pg_publication AS b
                                                JOIN pg_catalog.pg_publication_rel AS r ON r.prpubid = b.oid
                                           WHERE r.prrelid = c.oid))
        ELSE '{}' END,
    -- Unknown until the first ANALYZE.
    'rowEstimate', CASE WHEN c.reltuples >= 0 OR pg_catalog.pg_relation_size(c.oid) = 0 THEN greatest(c.reltuples, 0)::bigint END,
    'sizeBytes', pg_catalog.pg_total_relation_size(c.oid),
    'columns', (SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object(
            'name', a.attname, 'type', pg_catalog.format_type(a.atttypid, a.atttypmod), 'isNotNull', a.attnotnull,
            'isGenerated', a.attgenerated <> '', 'identity', a.attidentity::text,
            'sortsByBytes', (SELECT l.collname IN ('C', 'POSIX', 'ucs_basic') AND l.collprovider <> 'd' OR l.collprovider = 'd'
                             AND (SELECT d.datcollate IN ('C', 'POSIX') FROM pg_catalog.pg_database AS d
                                  WHERE d.datname = pg_catalog.current_database())
                             FROM pg_catalog.pg_collation AS l WHERE l.oid = a.attcollation)) ORDER BY a.attnum)
        FROM pg_catalog.pg_attribute AS a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped),
    'indexes', (SELECT coalesce(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object(
            'oid', i.indexrelid::bigint, 'name', x.relname, 'isUnique', i.indisunique, 'isPrimary', i.indisprimary, 'isExclusion', i.indisexclusion,
            'isImmediate', i.indimmediate, 'isUsable', i.indisvalid AND i.indisready AND i.indislive,
            'isReplicaIdentity', i.indisreplident, 'isClustered', i.indisclustered,
            'tablespace', (SELECT s.spcname FROM pg_catalog.pg_tablespace AS s WHERE s.oid = x.reltablespace),
            'constraint', k.conname,
            'constraintText', pg_catalog.pg_get_constraintdef(k.oid),
            -- What stands behind the table: `USING btree (id)`.
            'body', pg_catalog.substr(pg_catalog.pg_get_indexdef(i.indexrelid), pg_catalog.length(pg_catalog.format(
                'CREATE %sINDEX %I ON %s%I.%I ', CASE WHEN i.indisunique THEN 'UNIQUE ' END, x.relname,
                CASE WHEN x.relkind = 'I' THEN 'ONLY ' END, n.nspname, c.relname)) + 1),
            'columns', ARRAY(SELECT a.attname FROM pg_catalog.unnest(i.indkey::int2[]) WITH ORDINALITY AS u (number, place)
                                  LEFT JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.oid AND a.attnum = u.number AND u.number > 0
                             WHERE u.place <= i.indnkeyatts ORDER BY u.place),
            -- A scan in the order of plain comparison meets rows in the index's order, and that comparison is the server's own:
            -- an extension's is not found by its name.
            'isPlain', i.indpred IS NULL AND i.indexprs IS NULL AND m.amname = 'btree'
                AND NOT EXISTS (SELECT FROM pg_catalog.generate_series(0, i.indnkeyatts - 1) AS p
                                     JOIN pg_catalog.pg_opclass AS o ON o.oid = i.indclass[p]
                                     LEFT JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.oid AND a.attnum = i.indkey[p]
                                WHERE NOT o.opcdefault OR o.opcnamespace <> 'pg_catalog'::regnamespace OR i.indoption[p] <> 0 OR i.indcollation[p] <> a.attcollation)
            ) ORDER BY NOT i.indisprimary, i.indnkeyatts, x.relname), '[]')
        FROM pg_catalog.pg_index AS i
             JOIN pg_catalog.pg_class AS x ON x.oid = i.indexrelid
             JOIN pg_catalog.pg_am AS m ON m.oid = x.relam
             LEFT JOIN pg_catalog.pg_constraint AS k ON k.conindid = i.indexrelid AND k.conrelid = c.oid AND k.contype IN ('p', 'u', 'x')
        WHERE i.indrelid = c.oid),
    'unvalidated', ARRAY(SELECT k.conname FROM pg_catalog.pg_constraint AS k
                         WHERE k.conrelid = c.oid AND NOT k.convalidated AND k.contype IN ('c', 'n') ORDER BY 1),
    'uninherited', ARRAY(SELECT k.conname FROM pg_catalog.pg_constraint AS k
                         WHERE k.conrelid = c.oid AND k.connoinherit AND k.contype IN ('c', 'n') ORDER BY 1)
    )::text AS facts
FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.oid = $1::bigint::oid
