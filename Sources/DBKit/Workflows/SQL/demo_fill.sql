-- Fills the demo's tables with the same rows on every machine: hashes instead of random numbers.
-- No parameters; run as one script in the database whose tables migrations/ created, with TimeZone UTC.
-- Minimum version: 14.
INSERT INTO public.assets (symbol, name, currency)
SELECT 'A' || lpad(n::text, 4, '0'), 'Asset ' || n, (ARRAY['USD', 'EUR', 'JPY'])[1 + n % 3]
FROM generate_series(1, 2000) AS n;

INSERT INTO public.prices (asset_id, date, open, high, low, close, volume, updated_at)
SELECT a, date '2024-01-01' + d, p, p * 1.01, p * 0.99, p * (0.995 + (h % 100) / 10000.0), 1000 + h % 900000,
       timestamptz '2026-01-01 00:00+00'
FROM generate_series(1, 2000) AS a,
     generate_series(0, 449) AS d,
     LATERAL (SELECT abs(hashint8(a * 100000 + d)::bigint) AS h) AS hashed,
     LATERAL (SELECT (10 + a % 490 + (h % 1000) / 1000.0)::numeric(14, 4) AS p) AS priced;

INSERT INTO public.allocations (portfolio_id, asset_id, date, weight)
SELECT p, a, date '2024-01-01' + d, round(1.0 / 20, 6)
FROM generate_series(1, 50) AS p, generate_series(1, 20) AS a, generate_series(0, 239) AS d;

INSERT INTO public.index_values (index_name, date, value)
SELECT 'index ' || i, date '2024-01-01' + d, 1000 + abs(hashint8(i * 1000 + d)::bigint) % 500
FROM generate_series(1, 10) AS i, generate_series(0, 449) AS d;

INSERT INTO public.users (email, name, created_at)
SELECT 'user' || n || '@example.com', 'User ' || n, timestamptz '2024-01-01 00:00+00' + n * interval '1 minute'
FROM generate_series(1, 5000) AS n;

INSERT INTO public.conversations (user_id, title, settings, created_at)
SELECT 1 + n % 5000, 'Conversation ' || n,
       jsonb_build_object('model', 'm' || n % 7, 'temperature', (n % 10) / 10.0, 'tags', jsonb_build_array(n % 3)),
       timestamptz '2024-01-01 00:00+00' + n * interval '40 seconds'
FROM generate_series(1, 10000) AS n;

INSERT INTO public.messages (conversation_id, role, body, created_at)
SELECT 1 + n % 10000, (ARRAY['user', 'assistant', 'system'])[1 + n % 3]::public.message_role,
       (SELECT string_agg(
                   (ARRAY['the', 'price', 'of', 'an', 'asset', 'rose', 'and', 'fell', 'while', 'nobody', 'watched',
                          'its', 'index', 'again'])[1 + (h >> (w * 2)) % 14], ' ')
        FROM generate_series(0, 24) AS w),
       timestamptz '2024-01-01 00:00+00' + n * interval '8 seconds'
FROM generate_series(1, 40000) AS n,
     LATERAL (SELECT abs(hashint8extended(n, 7)) AS h) AS hashed;

INSERT INTO public.user_attempts (user_id, attempted_at, succeeded, address)
SELECT 1 + n % 5000, timestamptz '2024-01-01 00:00+00' + n * interval '5 minutes', n % 17 <> 0,
       ('10.' || n % 250 || '.' || n / 250 % 250 || '.1')::inet
FROM generate_series(0, 209999) AS n;

ANALYZE;
