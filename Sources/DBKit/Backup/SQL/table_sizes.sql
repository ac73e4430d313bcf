-- How much each table holds. To be asked when the tables are locked: opening them would wait for others' locks.
-- Parameters: $1 OIDs. Minimum version: 14.
SELECT c.oid,
       pg_relation_size(c.oid) / current_setting('block_size')::bigint AS pages,
       pg_table_size(c.oid) AS bytes
  FROM pg_class c
 WHERE c.oid = ANY ($1::oid[])
 ORDER BY c.oid
