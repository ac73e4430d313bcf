-- How many transactions began since the given one. Parameters: $1 an xid8 as text. Minimum version: 14.
SELECT CASE WHEN pg_is_in_recovery() THEN NULL
            ELSE greatest(0, pg_snapshot_xmax(pg_current_snapshot())::text::bigint - $1::bigint) END AS age
