-- What most partitions of a table have of their own: then it is meant, and one that has it is no exception.
-- $1 oids of the partitions. Minimum version: 14.
WITH partitions AS (
    SELECT c.oid, c.relname, n.nspname, c.reloptions
    FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
    WHERE c.oid = ANY ($1::bigint[]::oid[])
), half AS (
    SELECT count(*) / 2.0 AS count FROM partitions
)
SELECT coalesce((SELECT p.reloptions FROM partitions AS p GROUP BY p.reloptions
                 ORDER BY count(*) DESC, max(p.oid) DESC LIMIT 1), '{}') AS options,
       ARRAY(SELECT b.body
             FROM partitions AS p
                  JOIN pg_catalog.pg_index AS i ON i.indrelid = p.oid
                  JOIN pg_catalog.pg_class AS x ON x.oid = i.indexrelid
                  CROSS JOIN LATERAL (SELECT pg_catalog.substr(pg_catalog.pg_get_indexdef(i.indexrelid),
                      pg_catalog.length(pg_catalog.format('CREATE %sINDEX %I ON %s%I.%I ',
                          CASE WHEN i.indisunique THEN 'UNIQUE ' END, x.relname,
                          CASE WHEN x.relkind = 'I' THEN 'ONLY ' END, p.nspname, p.relname)) + 1) AS body) AS b
             WHERE (i.indisunique OR i.indisexclusion)
               AND NOT EXISTS (SELECT FROM pg_catalog.pg_inherits AS h WHERE h.inhrelid = i.indexrelid)
             GROUP BY b.body HAVING count(DISTINCT p.oid) > (SELECT count FROM half)) AS keys,
       ARRAY(SELECT d.definition
             FROM partitions AS p JOIN pg_catalog.pg_constraint AS k ON k.conrelid = p.oid
                  CROSS JOIN LATERAL (SELECT pg_catalog.regexp_replace(
                      pg_catalog.pg_get_constraintdef(k.oid), ' NOT VALID$', '') AS definition) AS d
             WHERE k.contype = 'f' AND k.conparentid = 0
             GROUP BY d.definition HAVING count(DISTINCT p.oid) > (SELECT count FROM half)) AS foreign_keys,
       ARRAY(SELECT b.pubname::text
             FROM partitions AS p
                  JOIN pg_catalog.pg_publication_rel AS r ON r.prrelid = p.oid
                  JOIN pg_catalog.pg_publication AS b ON b.oid = r.prpubid
             GROUP BY b.pubname HAVING count(*) > (SELECT count FROM half)) AS publications
