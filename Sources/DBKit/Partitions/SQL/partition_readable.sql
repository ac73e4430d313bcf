-- Whether the role may read a table's rows, and which role it is.
-- $1 the table's oid. Minimum version: 14.
SELECT pg_catalog.has_table_privilege($1::bigint::oid, 'SELECT') AS may_read, current_user::text AS role
