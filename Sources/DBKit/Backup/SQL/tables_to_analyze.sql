-- Tables for ANALYZE after a restore, the largest first. A partitioned table stands for its partitions: ANALYZE goes
-- down to them by itself.
-- Names are hexadecimal text in the client's encoding, which is not always UTF-8.
-- Parameters: none. Minimum version: 14.
SELECT
    pg_catalog.encode(
        pg_catalog.convert_to(
            pg_catalog.format('%I.%I', n.nspname, c.relname), pg_catalog.current_setting('client_encoding')),
        'hex') AS name
FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'm', 'p')
    AND NOT c.relispartition
    AND n.nspname !~ '^pg_'
    AND n.nspname <> 'information_schema'
ORDER BY c.relpages DESC, c.oid
