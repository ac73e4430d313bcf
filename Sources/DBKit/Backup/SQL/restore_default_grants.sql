-- Statements that take back what the database's default privileges granted on new relations: a restored table has the
-- grants of the archive and no others.
-- Parameters: $1 the relations as to_regclass reads them, as hexadecimal text in the encoding $2. Minimum version: 14.
SELECT DISTINCT
    pg_catalog.format(
        'REVOKE ALL ON %s %s FROM %s',
        CASE c.relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END,
        c.oid::regclass,
        CASE WHEN g.grantee = 0 THEN 'PUBLIC' ELSE pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(g.grantee)) END
    ) AS statement
FROM unnest($1::text[]) AS w (name)
JOIN pg_catalog.pg_class AS c
    ON c.oid = pg_catalog.to_regclass(pg_catalog.convert_from(pg_catalog.decode(w.name, 'hex'), $2))
CROSS JOIN LATERAL pg_catalog.aclexplode(c.relacl) AS g
WHERE g.grantee <> c.relowner
ORDER BY statement
