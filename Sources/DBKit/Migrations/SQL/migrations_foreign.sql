-- Histories of other migration tools that take an advisory lock.
-- Minimum version: 14.
SELECT CASE c.relname
           WHEN '_prisma_migrations' THEN 'prisma'
           WHEN 'goose_db_version' THEN 'goose'
           WHEN '_sqlx_migrations' THEN 'sqlx'
           WHEN 'changes' THEN 'sqitch'
           ELSE 'golang-migrate'
       END AS tool,
       n.nspname::text AS schema,
       c.relname::text AS name
FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p')
  AND (c.relname IN ('_prisma_migrations', 'goose_db_version', '_sqlx_migrations')
       OR n.nspname = 'sqitch' AND c.relname = 'changes'
       -- Rails and dbmate use the name, too; only golang-migrate has the column.
       OR c.relname = 'schema_migrations'
          AND EXISTS (SELECT FROM pg_catalog.pg_attribute AS a WHERE a.attrelid = c.oid AND a.attname = 'dirty'))
ORDER BY 1, 2
