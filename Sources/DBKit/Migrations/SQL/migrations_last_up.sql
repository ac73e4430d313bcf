-- Whether the last run of `migrate up` that has ended failed in its hook.
-- $1 the error code of that.
-- Minimum version: 14.
SELECT coalesce((SELECT o.error_code = $1
                 FROM dbctl.operations AS o
                 WHERE o.command = 'migrate up' AND o.finished_at IS NOT NULL
                 ORDER BY o.started_at DESC, o.run_id DESC
                 LIMIT 1), false) AS is_owed
