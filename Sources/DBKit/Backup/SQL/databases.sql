-- Databases that a backup of all databases holds: those that take connections, and no database that a restore is making
-- under its temporary name right now. Parameters: $1 the prefix of temporary names. Minimum version: 14.
SELECT datname AS name
  FROM pg_database
 WHERE datallowconn
   AND NOT datistemplate
   -- An interrupted DROP leaves a database that nobody can connect to.
   AND datconnlimit <> -2
   AND NOT (starts_with(datname, $1)
        AND substr(datname, length($1) + 1) ~ '^[0-7][0-9a-hjkmnp-tv-z]{25}_[0-9a-f]{8}(_old)?$')
 ORDER BY datname
