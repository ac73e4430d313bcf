-- Large objects with owner, privileges and comment, as bytes of the database's own encoding. Parameters: none.
-- Minimum version: 14.
SELECT m.oid,
       convert_to(pg_get_userbyid(m.lomowner)::text, getdatabaseencoding()) AS owner,
       CASE WHEN m.lomacl IS NOT NULL THEN convert_to(
           format(E'REVOKE ALL ON LARGE OBJECT %s FROM %I;\n', m.oid, pg_get_userbyid(m.lomowner))
           || coalesce((SELECT string_agg(format(
                  E'GRANT %s ON LARGE OBJECT %s TO %s%s;\n', g.privileges, m.oid,
                  CASE WHEN g.grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(g.grantee)) END,
                  CASE WHEN g.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END), '' ORDER BY g.grantee, g.is_grantable)
                  FROM (SELECT x.grantee, x.is_grantable, string_agg(x.privilege_type, ', ' ORDER BY 1) AS privileges
                          FROM aclexplode(m.lomacl) x GROUP BY x.grantee, x.is_grantable) g), ''),
           getdatabaseencoding()) END AS grants,
       convert_to(obj_description(m.oid, 'pg_largeobject'), getdatabaseencoding()) AS comment
  FROM pg_largeobject_metadata m
 ORDER BY m.oid
