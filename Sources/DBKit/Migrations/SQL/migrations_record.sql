-- Records how far a migration has come, and what it was.
-- $1 version, $2 name, $3 checksum, $4 dialect, $5 run id, $6 seconds, $7 number of statements, $8 state,
-- $9 resume_at or NULL, $10 text as UTF-8 in hexadecimal, $11 checksums of its statements, $12 those of the down section or NULL,
-- $13 whether the statement at resume_at was begun.
-- Minimum version: 14.
WITH text AS (
    INSERT INTO dbctl.migration_texts (checksum, content, statements, down)
    VALUES ($3, decode($10, 'hex'), $11::text[], $12::text[])
    ON CONFLICT (checksum) DO NOTHING
)
INSERT INTO dbctl.migrations AS m (version, name, checksum, dialect, run_id, duration, statements, state, resume_at,
                                     in_flight)
VALUES ($1, $2, $3, $4, $5, make_interval(secs => $6::float8), $7::integer, $8, $9::integer, $13::boolean)
ON CONFLICT (version) DO UPDATE
SET name = excluded.name, checksum = excluded.checksum, dialect = excluded.dialect,
    applied_at = clock_timestamp(), applied_by = session_user, run_id = excluded.run_id,
    duration = CASE WHEN m.state = 'applied' THEN excluded.duration ELSE m.duration + excluded.duration END,
    statements = excluded.statements, state = excluded.state, resume_at = excluded.resume_at,
    in_flight = excluded.in_flight
