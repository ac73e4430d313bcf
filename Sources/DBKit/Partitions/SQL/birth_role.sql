-- Who makes a table, and which grants it has at once: of the defaults of all schemas, or the built-in ones, and of those of
-- its own.
-- $1 the schema. Minimum version: 14.
WITH me AS (
    SELECT r.oid, r.rolname FROM pg_catalog.pg_roles AS r WHERE r.rolname = current_user
), defaults AS (
    SELECT coalesce((SELECT d.defaclacl FROM pg_catalog.pg_default_acl AS d
                     WHERE d.defaclrole = me.oid AND d.defaclnamespace = 0 AND d.defaclobjtype = 'r'),
                    pg_catalog.acldefault('r', me.oid)) AS acl FROM me
    UNION ALL
    SELECT d.defaclacl
    FROM me JOIN pg_catalog.pg_default_acl AS d ON d.defaclrole = me.oid
         JOIN pg_catalog.pg_namespace AS n ON n.oid = d.defaclnamespace
    WHERE n.nspname = $1 AND d.defaclobjtype = 'r'
)
SELECT (SELECT rolname::text FROM me) AS role,
       (SELECT coalesce(pg_catalog.jsonb_agg(DISTINCT pg_catalog.jsonb_build_object(
                   'grantee', CASE WHEN g.grantee <> 0 THEN pg_catalog.pg_get_userbyid(g.grantee) END,
                   'privilege', g.privilege_type, 'is_grantable', g.is_grantable)), '[]')
        FROM defaults, pg_catalog.aclexplode(defaults.acl) AS g)::text AS grants
