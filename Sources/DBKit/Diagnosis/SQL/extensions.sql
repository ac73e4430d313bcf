-- The extensions of the current database, and what the installed packages would offer.
-- Parameters: none.
-- Minimum version: 14.
SELECT e.extname::text AS name,
       e.extversion AS version,
       a.default_version AS available
FROM pg_catalog.pg_extension AS e
LEFT JOIN pg_catalog.pg_available_extensions AS a ON a.name = e.extname
ORDER BY e.extname
