-- What others may do with a sequence, as statements for another one.
-- $1 its oid, $2 the other one's name, quoted. Minimum version: 14.
SELECT pg_catalog.format('GRANT %s ON SEQUENCE %s TO %s%s', g.privilege_type, $2::text,
           CASE WHEN g.grantee = 0 THEN 'PUBLIC' ELSE pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(g.grantee)) END,
           CASE WHEN g.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END) AS statement
FROM pg_catalog.pg_class AS c, pg_catalog.aclexplode(c.relacl) AS g
WHERE c.oid = $1::bigint::oid AND g.grantee <> c.relowner
