-- Databases that a backup of all databases holds. Parameters: none. Minimum version: 14.
SELECT datname AS name FROM pg_database WHERE datallowconn AND NOT datistemplate ORDER BY datname
