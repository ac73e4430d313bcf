-- Relations by what was typed as their names: one row a name that there is one of, for the first of its meanings.
-- $1 the place of each meaning's name, $2 its database or '', $3 its schema or '' for the search_path, $4 the bare name,
-- $5 the relkinds. Minimum version: 14.
SELECT DISTINCT ON (w.place) w.place, c.oid::bigint AS oid
FROM ROWS FROM (pg_catalog.unnest($1::int[]), pg_catalog.unnest($2::text[]), pg_catalog.unnest($3::text[]),
                pg_catalog.unnest($4::text[])) WITH ORDINALITY AS w (place, database, schema, name, rank)
     JOIN pg_catalog.pg_class AS c ON c.relname = w.name::pg_catalog.name
     JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE w.database IN ('', pg_catalog.current_database())
  AND c.relkind::text = ANY ($5::text[])
  AND CASE WHEN w.schema = '' THEN pg_catalog.pg_table_is_visible(c.oid) ELSE n.nspname = w.schema::pg_catalog.name END
ORDER BY w.place, w.rank
