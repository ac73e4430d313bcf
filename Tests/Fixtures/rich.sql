-- A database with one of everything that a restore can get wrong. Roles are shared by all databases of a server:
-- :owner and :reader are created by the test. :xml says whether the server knows XML (the wheel's does not).
SET client_min_messages = warning;
ALTER DATABASE :"db" SET timezone TO 'Asia/Tokyo';
ALTER DATABASE :"db" SET "my.setting" TO 'it''s; -- "quoted" DATABASE x';
ALTER DATABASE :"db" CONNECTION LIMIT 77;
ALTER ROLE :"owner" IN DATABASE :"db" SET work_mem TO '5MB';
COMMENT ON DATABASE :"db" IS 'DATABASE of ''everything''; DROP DATABASE x;';
GRANT CONNECT, CREATE ON DATABASE :"db" TO :"reader" WITH GRANT OPTION;
REVOKE TEMPORARY ON DATABASE :"db" FROM PUBLIC;
ALTER DATABASE :"db" OWNER TO :"owner";

CREATE SCHEMA "Hostile ""schema""; --" AUTHORIZATION :"owner";
CREATE SCHEMA données;
CREATE EXTENSION IF NOT EXISTS plpgsql;
COMMENT ON SCHEMA données IS 'Ünïcödé; ''quoted'' \ backslash';
GRANT USAGE ON SCHEMA données TO :"reader";
ALTER DEFAULT PRIVILEGES FOR ROLE :"owner" IN SCHEMA données GRANT SELECT ON TABLES TO :"reader";

-- Types
CREATE TYPE mood AS ENUM ('sad', 'ok', 'it''s fine', 'HAPPY');
CREATE DOMAIN positive AS numeric CHECK (VALUE > 0);
CREATE TYPE pair AS (a integer, "B b" text, m mood);
CREATE TYPE span AS RANGE (subtype = numeric);
CREATE DOMAIN pairs AS pair[];

-- Every kind of value
CREATE TABLE plain (
    id integer GENERATED ALWAYS AS IDENTITY (START WITH 10 INCREMENT BY 5) PRIMARY KEY,
    t text, vc varchar(20), c char(5), n numeric, f4 real, f8 double precision, b bytea, j jsonb, js json,
    ts timestamptz, t0 timestamp, d date, iv interval, u uuid, i inet, a integer[], aa text[][], m mood, p positive,
    r pair, rs span, mr int4multirange, pp pairs, bl boolean, bt bit varying(9), pt point, tv tsvector,
    o oid, rc regclass, mo money, dbl double precision GENERATED ALWAYS AS (f8 * 2) STORED
);
INSERT INTO plain (t, vc, c, n, f4, f8, b, j, js, ts, t0, d, iv, u, i, a, aa, m, p, r, rs, mr, pp, bl, bt, pt, tv, o, rc, mo)
VALUES
    ('', NULL, 'x', 'NaN', 'NaN', 'Infinity', '\x00ff5c2e0a', '{"a": [1, null, "ü\u0001"], "b": 1e400}', '{"a" :  1}',
     'infinity', '-infinity', '4713-01-01 BC', '1 year -2 days 03:04:05.678901', '00000000-0000-0000-0000-000000000001',
     '::1/128', '[-1:1]={1,NULL,3}', '{{a,b},{"c,d","e\"f"}}', 'it''s fine', 1e-30, ROW(1, 'x,"y"\', NULL),
     '(1.5,)', '{[1,3),[7,9)}', ARRAY[ROW(1, NULL, 'sad')::pair, NULL], true, B'10101', '(1e-300,-0)',
     'a:1A b:2', 4294967295, 'pg_class', '-12.34'),
    (E'\\N', E'tab\t', NULL, 1e131071, '-0', '-Infinity', '', 'null', 'null', '2024-02-29 23:59:59.999999+14',
     'epoch', '0044-03-15 BC', '-178000000 years', NULL, '10.0.0.0/8', '{}', '{}', NULL, NULL, NULL, 'empty', '{}',
     '{}', NULL, '', NULL, '', 0, 'plain', NULL),
    (E'\\.\n\r\b\f\v', 'NULL', '', 0.00, 1.17549435e-38, 2.2250738585072014e-308, NULL, '[]', NULL, '-infinity', NULL,
     'infinity', '0', NULL, NULL, NULL, NULL, 'HAPPY', 7, ROW(NULL, NULL, NULL), NULL, NULL, NULL, false, NULL, NULL,
     NULL, NULL, NULL, 0);
INSERT INTO plain (t, n, f8) SELECT repeat(chr(32 + i % 90), i % 300), i / 7.0, i FROM generate_series(1, 3000) AS i;
CREATE INDEX ON plain (t) WHERE bl IS NULL;
CREATE INDEX ON plain USING gin (tv);
COMMENT ON COLUMN plain.t IS 'text;
of two lines';
ALTER TABLE plain ALTER COLUMN t SET STATISTICS 77, ALTER COLUMN b SET STORAGE EXTERNAL;
CREATE STATISTICS plain_stats (dependencies) ON n, f8 FROM plain;

\if :xml
CREATE TABLE documents (x xml);
INSERT INTO documents VALUES ('<?xml version="1.0"?><a>é</a>'), ('text only <b/>'), (NULL);
\endif

CREATE TABLE no_columns ();
INSERT INTO no_columns DEFAULT VALUES;
INSERT INTO no_columns DEFAULT VALUES;

CREATE TABLE "Hostile ""schema""; --"."Mixed Case é 'x' \ ""y""" ("select" serial PRIMARY KEY, "Col; DROP" text DEFAULT 'a''b\c');
INSERT INTO "Hostile ""schema""; --"."Mixed Case é 'x' \ ""y""" ("Col; DROP") SELECT 'row ' || i FROM generate_series(1, 50) AS i;
GRANT SELECT ("Col; DROP"), UPDATE ("select") ON "Hostile ""schema""; --"."Mixed Case é 'x' \ ""y""" TO :"reader";
ALTER TABLE "Hostile ""schema""; --"."Mixed Case é 'x' \ ""y""" OWNER TO :"owner";
CREATE TABLE données."Tâble" (clé integer PRIMARY KEY, "valeur €" text COLLATE "C");
INSERT INTO données."Tâble" VALUES (1, 'é'), (2, '日本語'), (3, '😀');

-- Partitions, one of them attached with its columns in another order and a dropped one
CREATE TABLE events (id bigint NOT NULL, at timestamptz NOT NULL, what text, CONSTRAINT events_pkey PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
CREATE TABLE events_2024 PARTITION OF events FOR VALUES FROM ('2024-01-01 00:00+00') TO ('2025-01-01 00:00+00');
CREATE TABLE events_2025 (gone integer, what text, at timestamptz NOT NULL, id bigint NOT NULL);
ALTER TABLE events_2025 DROP COLUMN gone;
ALTER TABLE events ATTACH PARTITION events_2025 FOR VALUES FROM ('2025-01-01 00:00+00') TO ('2026-01-01 00:00+00');
CREATE TABLE events_rest PARTITION OF events DEFAULT;
INSERT INTO events SELECT i, '2024-06-01 00:00+00'::timestamptz + i * interval '1 day', 'e' || i FROM generate_series(1, 900) AS i;
CREATE INDEX events_what ON events (what);
CREATE TABLE by_mood (m mood, v integer) PARTITION BY HASH (m);
CREATE TABLE by_mood_0 PARTITION OF by_mood FOR VALUES WITH (MODULUS 3, REMAINDER 0);
CREATE TABLE by_mood_1 PARTITION OF by_mood FOR VALUES WITH (MODULUS 3, REMAINDER 1);
CREATE TABLE by_mood_2 PARTITION OF by_mood FOR VALUES WITH (MODULUS 3, REMAINDER 2);
INSERT INTO by_mood SELECT (enum_range(NULL::mood))[1 + i % 4], i FROM generate_series(1, 400) AS i;
CREATE INDEX ON by_mood (v);
CREATE TABLE lists (k text, v integer) PARTITION BY LIST (k);
CREATE TABLE lists_a PARTITION OF lists FOR VALUES IN ('a', NULL) PARTITION BY RANGE (v);
CREATE TABLE lists_a_1 PARTITION OF lists_a FOR VALUES FROM (MINVALUE) TO (MAXVALUE);
INSERT INTO lists VALUES ('a', 1), (NULL, 2);

-- Inheritance
CREATE TABLE parent (id integer, note text DEFAULT 'p');
CREATE TABLE child (extra integer) INHERITS (parent);
INSERT INTO parent VALUES (1, 'one');
INSERT INTO child VALUES (2, 'two', 22);

-- Foreign keys in a circle, to a partitioned table, deferrable, not valid
CREATE TABLE hen (id integer PRIMARY KEY, egg integer);
CREATE TABLE egg (id integer PRIMARY KEY, hen integer REFERENCES hen DEFERRABLE INITIALLY DEFERRED);
ALTER TABLE hen ADD FOREIGN KEY (egg) REFERENCES egg;
INSERT INTO hen VALUES (1, NULL);
INSERT INTO egg VALUES (1, 1);
UPDATE hen SET egg = 1;
CREATE TABLE likes (event bigint, at timestamptz, FOREIGN KEY (event, at) REFERENCES events);
INSERT INTO likes SELECT id, at FROM events WHERE id % 10 = 0;
CREATE TABLE loose (hen integer);
INSERT INTO loose VALUES (999);
ALTER TABLE loose ADD CONSTRAINT loose_hen FOREIGN KEY (hen) REFERENCES hen NOT VALID;
CREATE TABLE booking (room integer, during int4range, EXCLUDE USING gist (during WITH &&));
INSERT INTO booking VALUES (1, '[1,3)'), (1, '[3,5)');

-- Functions, also one that finds its table by search_path, inside an index
CREATE FUNCTION données.double(x integer) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT $1 * 2; -- ''; DROP';
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
    NEW.note := coalesce(NEW.note, '') || ' touched;';
    RETURN NEW;
END $body$;
CREATE PROCEDURE tidy(IN a integer DEFAULT 1, INOUT b text DEFAULT 'TO x') LANGUAGE plpgsql AS 'BEGIN END';
CREATE AGGREGATE total(integer) (SFUNC = int4pl, STYPE = integer, INITCOND = '0');
CREATE OPERATOR === (LEFTARG = integer, RIGHTARG = integer, FUNCTION = int4eq);
CREATE CAST (integer AS mood) WITH INOUT AS ASSIGNMENT;
GRANT EXECUTE ON FUNCTION données.double(integer) TO :"reader";
REVOKE EXECUTE ON FUNCTION données.double(integer) FROM PUBLIC;
ALTER FUNCTION données.double(integer) OWNER TO :"owner";
CREATE INDEX ON hen (données.double(id));
CREATE TRIGGER touched BEFORE INSERT OR UPDATE ON parent FOR EACH ROW EXECUTE FUNCTION touch();
ALTER TABLE parent DISABLE TRIGGER touched;
CREATE RULE no_delete AS ON DELETE TO parent DO INSTEAD NOTHING;

-- Views on views, materialized views on materialized views, one of them not populated
CREATE VIEW happy AS SELECT id, t, m FROM plain WHERE m = 'HAPPY' WITH CHECK OPTION;
CREATE MATERIALIZED VIEW base_mv AS SELECT date_trunc('day', at) AS day, count(*) AS n FROM events GROUP BY 1;
CREATE UNIQUE INDEX ON base_mv (day);
CREATE VIEW through AS SELECT sum(n) AS s FROM base_mv;
CREATE MATERIALIZED VIEW aa_top_mv AS SELECT s, données.double(1) AS two FROM through;
CREATE MATERIALIZED VIEW empty_mv AS SELECT * FROM aa_top_mv WITH NO DATA;
ALTER MATERIALIZED VIEW base_mv OWNER TO :"owner";
GRANT SELECT ON events, données."Tâble" TO :"owner";
COMMENT ON MATERIALIZED VIEW aa_top_mv IS 'made last';

-- Sequences
CREATE SEQUENCE untouched START WITH 5;
CREATE SEQUENCE "Used ""one""" INCREMENT BY -3 MINVALUE -100 MAXVALUE 100 CYCLE;
SELECT nextval('"Used ""one"""'), nextval('"Used ""one"""');
CREATE SEQUENCE set_only;
SELECT setval('set_only', 42, false);

-- Row-level security
CREATE TABLE secret (who name DEFAULT current_user, what text);
INSERT INTO secret VALUES ('a', '1'), ('b', '2');
ALTER TABLE secret ENABLE ROW LEVEL SECURITY;
ALTER TABLE secret FORCE ROW LEVEL SECURITY;
CREATE POLICY "who; TO" ON secret AS RESTRICTIVE FOR SELECT TO :"reader", :"owner" USING (who IN (SELECT ' FROM x' AS text FROM hen));
CREATE POLICY everybody ON secret USING (true);

-- Large objects with owner, ACL and comment
SELECT lo_from_bytea(100001, '\x00010203'), lo_create(100002), lo_from_bytea(100003, convert_to(repeat('large ', 300000), 'UTF8'));
ALTER LARGE OBJECT 100001 OWNER TO :"owner";
GRANT SELECT, UPDATE ON LARGE OBJECT 100001 TO :"reader";
COMMENT ON LARGE OBJECT 100002 IS 'empty; it''s \ fine';

-- Unlogged, foreign, text search, conversion of names
CREATE UNLOGGED TABLE volatile (v integer);
INSERT INTO volatile VALUES (1);
CREATE FOREIGN DATA WRAPPER nowhere;
CREATE SERVER nobody FOREIGN DATA WRAPPER nowhere OPTIONS (host 'h;x');
CREATE USER MAPPING FOR :"reader" SERVER nobody OPTIONS (user 'u', password 'TO p');
CREATE FOREIGN TABLE elsewhere (v integer) SERVER nobody;
CREATE TEXT SEARCH DICTIONARY dict (TEMPLATE = simple, accept = false);
CREATE TEXT SEARCH CONFIGURATION config (COPY = simple);
CREATE COLLATION "coll é" (LOCALE = 'C');

-- What watches
CREATE PUBLICATION "some" FOR TABLE hen, egg WITH (publish = 'insert');
CREATE PUBLICATION everything FOR ALL TABLES;
CREATE FUNCTION watch() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'event trigger fired'; END $$;
-- Not on REFRESH: stock pg_restore -j refreshes views while it makes event triggers, and would trip over its own.
CREATE EVENT TRIGGER watcher ON ddl_command_start
    WHEN TAG IN ('CREATE TABLE', 'ALTER TABLE', 'CREATE INDEX', 'CREATE PUBLICATION', 'ALTER PUBLICATION', 'GRANT', 'COMMENT')
    EXECUTE FUNCTION watch();
ALTER EVENT TRIGGER watcher ENABLE ALWAYS;
