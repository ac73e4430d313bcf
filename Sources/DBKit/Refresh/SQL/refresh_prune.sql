-- Runs whose pre-images are kept no longer, with the tables where these lie.
-- $1 now. Minimum version: 14.
SELECT run_id, changes FROM dbctl.refresh_runs WHERE changes IS NOT NULL AND undo_until < $1::timestamptz
