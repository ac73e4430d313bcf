-- migrate:up
CREATE TABLE user_attempts (
    id           bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    user_id      bigint NOT NULL REFERENCES users (id),
    attempted_at timestamptz NOT NULL,
    succeeded    boolean NOT NULL,
    address      inet,
    PRIMARY KEY (id, attempted_at)
) PARTITION BY RANGE (attempted_at);

CREATE INDEX user_attempts_user_id ON user_attempts (user_id, attempted_at);

DO $$
DECLARE
    month timestamptz;
BEGIN
    FOR month IN
        SELECT generate_series('2024-01-01 00:00+00'::timestamptz, '2025-12-01 00:00+00', '1 month')
    LOOP
        EXECUTE format(
            'CREATE TABLE %I PARTITION OF user_attempts FOR VALUES FROM (%L) TO (%L)',
            'user_attempts_p' || to_char(month AT TIME ZONE 'UTC', 'YYYY_MM'), month, month + interval '1 month');
    END LOOP;
END
$$;

-- migrate:down
DROP TABLE user_attempts;
