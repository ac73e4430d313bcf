-- Records what another tool applied.
-- $1 version, $2 name, $3 checksum or '', $4 dialect, $5 when or NULL, $6 by whom, $7 run id, $8 seconds, $9 number of
-- statements, $10 text as UTF-8 in hexadecimal, or NULL: there is no file, $11 checksums of its statements, $12 those of the down section or NULL.
-- Minimum version: 14.
WITH text AS (
    INSERT INTO dbctl.migration_texts (checksum, content, statements, down)
    SELECT $3::text, decode($10::text, 'hex'), $11::text[], $12::text[]
    WHERE $10::text IS NOT NULL
    ON CONFLICT (checksum) DO NOTHING
)
INSERT INTO dbctl.migrations
    (version, name, checksum, dialect, applied_at, applied_by, run_id, duration, statements, state)
VALUES ($1, $2, $3, $4, coalesce($5::timestamptz, clock_timestamp()), $6, $7, make_interval(secs => $8::float8),
        $9::integer, 'applied')
-- Adopted before, when its file was not there.
ON CONFLICT (version) DO UPDATE
SET name = excluded.name, checksum = excluded.checksum, dialect = excluded.dialect, statements = excluded.statements
