-- What a sequence has given out; NULL when it was never used, or the role may not see it.
-- $1 its name. Minimum version: 14.
SELECT CASE WHEN pg_catalog.has_sequence_privilege($1, 'USAGE, SELECT')
            THEN pg_catalog.pg_sequence_last_value($1::pg_catalog.regclass) END AS last_value
