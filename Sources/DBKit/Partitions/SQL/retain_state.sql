-- Whether a table is a partition of another one, and whether an interrupted DETACH stands in between. No row when it is
-- none.
-- $1 the table, $2 its parent. Minimum version: 14.
SELECT i.inhdetachpending AS is_pending
FROM pg_catalog.pg_inherits AS i
WHERE i.inhrelid = $1::bigint::oid AND i.inhparent = $2::bigint::oid
