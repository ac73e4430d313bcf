-- What somebody made in the current database: up to five objects, as kind and name. Extensions and what belongs to
-- them do not count, since an archive creates them only where they are missing.
-- Parameters: none. Minimum version: 14.
WITH members AS (
    SELECT classid, objid FROM pg_catalog.pg_depend WHERE deptype = 'e'
)
SELECT kind, name
FROM (
    SELECT 1 AS place, 'relation' AS kind, c.oid::regclass::text AS name
    FROM pg_catalog.pg_class AS c
    JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
    WHERE c.oid >= 16384
        AND n.nspname !~ '^pg_(toast|temp)'
        AND c.relkind NOT IN ('i', 'I', 't')
        AND NOT EXISTS (
            SELECT FROM members AS m WHERE m.classid = 'pg_catalog.pg_class'::regclass AND m.objid = c.oid)
    UNION ALL
    SELECT 2, 'function', p.oid::regprocedure::text
    FROM pg_catalog.pg_proc AS p
    WHERE p.oid >= 16384
        AND NOT EXISTS (
            SELECT FROM members AS m WHERE m.classid = 'pg_catalog.pg_proc'::regclass AND m.objid = p.oid)
    UNION ALL
    SELECT 3, 'type', t.oid::regtype::text
    FROM pg_catalog.pg_type AS t
    WHERE t.oid >= 16384
        AND t.typrelid = 0
        AND t.typelem = 0
        AND NOT EXISTS (
            SELECT FROM members AS m WHERE m.classid = 'pg_catalog.pg_type'::regclass AND m.objid = t.oid)
    UNION ALL
    SELECT 4, 'schema', n.nspname::text
    FROM pg_catalog.pg_namespace AS n
    WHERE n.oid >= 16384
        AND n.nspname !~ '^pg_(toast|temp)'
        AND NOT EXISTS (
            SELECT FROM members AS m WHERE m.classid = 'pg_catalog.pg_namespace'::regclass AND m.objid = n.oid)
    UNION ALL
    SELECT 5, 'large object', l.oid::text
    FROM pg_catalog.pg_largeobject_metadata AS l
    UNION ALL
    SELECT 6, 'event trigger', e.evtname::text
    FROM pg_catalog.pg_event_trigger AS e
    WHERE NOT EXISTS (
        SELECT FROM members AS m WHERE m.classid = 'pg_catalog.pg_event_trigger'::regclass AND m.objid = e.oid)
    UNION ALL
    SELECT 7, 'publication', p.pubname::text
    FROM pg_catalog.pg_publication AS p
) AS found
ORDER BY place, name
LIMIT 5
