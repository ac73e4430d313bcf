-- Records how a run ended.
-- $1 run id, $2 finished at, $3 outcome, $4 error code or NULL, $5 error text or NULL, $6 counts as JSON.
-- Minimum version: 14.
UPDATE dbctl.operations
SET finished_at = $2::timestamptz, outcome = $3, error_code = $4, error = $5, counts = $6::jsonb
WHERE run_id = $1
