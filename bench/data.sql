-- Data set M: the same rows on every machine, from hashes instead of random numbers. At scale 1 about 2.4 GB.
-- psql variable: scale (1 is the whole set). Run it in an empty database. PostgreSQL 14+
\set ON_ERROR_STOP on
SET client_min_messages = warning;
SET TimeZone = 'UTC';
SET synchronous_commit = off;
SET maintenance_work_mem = '256MB';

CREATE TABLE assets (
    id       int PRIMARY KEY,
    symbol   text NOT NULL UNIQUE,
    name     text NOT NULL,
    currency char(3) NOT NULL
);
CREATE TABLE prices (
    asset_id   int NOT NULL,
    date       date NOT NULL,
    open       double precision NOT NULL,
    high       double precision NOT NULL,
    low        double precision NOT NULL,
    close      double precision NOT NULL,
    volume     bigint NOT NULL,
    updated_at timestamptz NOT NULL
);
CREATE TABLE users (
    id         bigint PRIMARY KEY,
    email      text NOT NULL UNIQUE,
    name       text NOT NULL,
    created_at timestamptz NOT NULL
);
CREATE TABLE conversations (
    id         bigint PRIMARY KEY,
    user_id    bigint NOT NULL REFERENCES users (id),
    title      text NOT NULL,
    settings   jsonb NOT NULL,
    created_at timestamptz NOT NULL
);
CREATE TABLE messages (
    id              bigint NOT NULL,
    conversation_id bigint NOT NULL,
    role            text NOT NULL,
    body            text NOT NULL,
    created_at      timestamptz NOT NULL
);
CREATE TABLE user_attempts (
    id           bigint NOT NULL,
    user_id      bigint NOT NULL,
    attempted_at timestamptz NOT NULL,
    succeeded    boolean NOT NULL,
    address      inet
) PARTITION BY RANGE (attempted_at);
SELECT format('CREATE TABLE %I PARTITION OF user_attempts FOR VALUES FROM (%L) TO (%L)',
              'user_attempts_p' || to_char(month, 'YYYY_MM'), month, month + interval '1 month')
FROM generate_series(timestamptz '2024-01-01', '2025-12-01', interval '1 month') AS month
\gexec

INSERT INTO assets
SELECT n, 'A' || lpad(n::text, 5, '0'), 'Asset ' || n, (ARRAY['USD', 'EUR', 'JPY'])[1 + n % 3]
FROM generate_series(1, greatest(1, round(3000 * :scale))::int) AS n;

INSERT INTO prices
-- As price feeds deliver them: single precision that was widened, 20.35 as 20.350000381469727.
SELECT a.id, date '2015-01-01' + d, p::real, (p * 1.01)::real, (p * 0.99)::real,
       (p * (0.995 + (h % 100) / 10000.0))::real, 1000 + h % 900000,
       timestamptz '2026-01-01' - (h % 86400) * interval '1 second'
FROM assets AS a,
     generate_series(0, 3299) AS d,
     LATERAL (SELECT abs(hashint8(a.id * 100000::bigint + d)::bigint) AS h) AS hashed,
     LATERAL (SELECT (10 + a.id % 490 + (h % 10000) / 10000.0)::numeric(14, 4) AS p) AS priced;

INSERT INTO users
SELECT n, 'user' || n || '@example.com', 'User ' || n, timestamptz '2024-01-01' + n * interval '5 minutes'
FROM generate_series(1, greatest(1, round(200000 * :scale))::int) AS n;

INSERT INTO conversations
SELECT n, 1 + n % (SELECT count(*) FROM users), 'Conversation ' || n,
       jsonb_build_object('model', 'm' || n % 7, 'temperature', (n % 10) / 10.0, 'seed', hashint8(n),
                          'tags', jsonb_build_array('t' || n % 3, 't' || n % 11)),
       timestamptz '2024-01-01' + n * interval '3 minutes'
FROM generate_series(1, greatest(1, round(300000 * :scale))::int) AS n;

INSERT INTO messages
SELECT n, 1 + n % (SELECT count(*) FROM conversations), (ARRAY['user', 'assistant', 'system'])[1 + n % 3],
       (SELECT string_agg(
                   (ARRAY['the', 'price', 'of', 'an', 'asset', 'rose', 'and', 'fell', 'while', 'nobody', 'watched',
                          'its', 'index', 'again', 'because', 'markets', 'like', 'people', 'remember', 'little', 'but',
                          'forget', 'slowly', 'every', 'quarter', 'brings', 'another', 'report', 'with', 'numbers',
                          'that', 'surprise'])[1 + (abs(hashint8extended(n * 100::bigint + w / 10, 7)) >> (w % 10 * 5))
                                                   % 32], ' ')
        FROM generate_series(0, 29 + n % 80) AS w),
       timestamptz '2024-01-01' + n * interval '40 seconds'
FROM generate_series(1, greatest(1, round(1500000 * :scale))::int) AS n;

INSERT INTO user_attempts
SELECT n, 1 + n % (SELECT count(*) FROM users),
       timestamptz '2024-01-01' + n * (interval '731 days' / (greatest(1, round(2400000 * :scale))::int)),
       n % 17 <> 0, ('10.' || n % 250 || '.' || n / 250 % 250 || '.1')::inet
FROM generate_series(0, greatest(1, round(2400000 * :scale))::int - 1) AS n;

ALTER TABLE prices ADD PRIMARY KEY (asset_id, date);
CREATE INDEX prices_date ON prices (date);
ALTER TABLE messages ADD PRIMARY KEY (id);
CREATE INDEX messages_conversation_id ON messages (conversation_id, created_at);
CREATE INDEX conversations_user_id ON conversations (user_id);
ALTER TABLE user_attempts ADD PRIMARY KEY (id, attempted_at);
CREATE INDEX user_attempts_user_id ON user_attempts (user_id, attempted_at);
VACUUM (ANALYZE);
CHECKPOINT;
