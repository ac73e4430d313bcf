-- The snapshot that this transaction holds. Parameters: none. Minimum version: 14.
SELECT to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS time,
       pg_snapshot_xmin(pg_current_snapshot())::text AS xmin
