-- Records that a run began.
-- $1 run id, $2 command, $3 arguments, $4 started at, $5 operating system user, $6 host, $7 dbctl version.
-- Minimum version: 14.
INSERT INTO dbctl.operations (run_id, command, arguments, started_at, os_user, host, version)
VALUES ($1, $2, $3::text[], $4::timestamptz, $5, $6, $7)
