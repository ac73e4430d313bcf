-- Databases that restores make under a temporary name, and whether the run that made each is still there: its first
-- session, which is not in the database itself, bears the run id in its application_name. Every role may see that.
-- Parameters: $1 the prefix of temporary names, $2 the prefix of the application name. Minimum version: 14.
SELECT
    d.datname::text AS name,
    EXISTS (
        SELECT
        FROM pg_catalog.pg_stat_activity AS a
        WHERE a.datname IS DISTINCT FROM d.datname
            AND a.application_name = $2 || upper(substr(d.datname, length($1) + 1, 26))
    ) AS is_alive
FROM pg_catalog.pg_database AS d
-- The whole pattern: prefix, a run id, eight hexadecimal digits; a database that was replaced has `_old` after it. A database that somebody named alike is not ours.
WHERE starts_with(d.datname, $1)
    AND substr(d.datname, length($1) + 1) ~ '^[0-7][0-9a-hjkmnp-tv-z]{25}_[0-9a-f]{8}(_old)?$'
ORDER BY d.datname
