-- A table with everything that a conversion has to keep, and with everything that refers to it.
CREATE ROLE :role_reader NOLOGIN;
CREATE ROLE :role_owner NOLOGIN;
GRANT ALL ON SCHEMA public TO :role_owner;
CREATE SCHEMA reports;
CREATE TABLE assets (id int PRIMARY KEY, name text NOT NULL);
INSERT INTO assets SELECT i, 'asset ' || i FROM generate_series(1, 50) AS i;
CREATE TABLE regions (id int PRIMARY KEY);
INSERT INTO regions VALUES (1), (2);
CREATE TABLE orders (
    id bigint GENERATED ALWAYS AS IDENTITY (START 1000 INCREMENT 2 CACHE 5),
    serial_no serial,
    placed timestamptz NOT NULL,
    asset int NOT NULL REFERENCES assets ON DELETE CASCADE,
    region int DEFAULT 2 CONSTRAINT orders_region REFERENCES regions DEFERRABLE INITIALLY DEFERRED,
    email text COLLATE "C",
    amount numeric(12, 2) CHECK (amount >= 0),
    doubled numeric GENERATED ALWAYS AS (amount * 2) STORED,
    payload jsonb,
    "Odd Name" text DEFAULT 'it''s',
    CONSTRAINT orders_pkey PRIMARY KEY (id),
    CONSTRAINT orders_email UNIQUE (email) INCLUDE (amount) DEFERRABLE,
    CONSTRAINT orders_place UNIQUE (id, placed)
) WITH (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.05);
CREATE TABLE gone (x int);
ALTER TABLE orders ADD COLUMN dropped text;
ALTER TABLE orders DROP COLUMN dropped;
ALTER TABLE orders ALTER COLUMN email SET STATISTICS 321, ALTER COLUMN payload SET STORAGE EXTERNAL,
    ALTER COLUMN asset SET (n_distinct = 50);
CREATE INDEX orders_asset ON orders (asset, placed DESC NULLS LAST) WHERE amount > 1;
CREATE UNIQUE INDEX orders_lower ON orders (lower(email) text_pattern_ops) WHERE region IS NOT NULL;
CREATE INDEX orders_payload ON orders USING gin (payload jsonb_path_ops) WITH (fastupdate = off);
CREATE STATISTICS orders_stats (ndistinct, dependencies) ON asset, region FROM orders;
COMMENT ON TABLE orders IS 'all orders';
COMMENT ON COLUMN orders.amount IS 'in euros';
COMMENT ON INDEX orders_asset IS 'for the dashboard';
COMMENT ON CONSTRAINT orders_pkey ON orders IS 'the key';
COMMENT ON CONSTRAINT orders_amount_check ON orders IS 'no refunds';
COMMENT ON CONSTRAINT orders_region ON orders IS 'where from';
COMMENT ON INDEX orders_pkey IS 'its index';
COMMENT ON STATISTICS orders_stats IS 'they go together';
ALTER STATISTICS orders_stats SET STATISTICS 500;
COMMENT ON SEQUENCE orders_id_seq IS 'odd numbers';
INSERT INTO orders (placed, asset, email, amount, payload)
SELECT timestamptz '2026-01-01 00:00+00' + i * interval '2 hours', 1 + i % 50, 'm' || i || '@example.org', i / 7.0,
       jsonb_build_object('i', i) FROM generate_series(0, 3000) AS i;

CREATE TABLE audit (what text, id bigint, at timestamptz DEFAULT now());
-- A cascade runs as the owner of the table, and so do its triggers.
GRANT ALL ON audit TO :role_owner;
CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO audit (what, id) VALUES (TG_NAME || ' ' || TG_OP, CASE WHEN TG_LEVEL = 'ROW' AND TG_OP <> 'DELETE' THEN NEW.id END);
    RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE TRIGGER orders_before BEFORE INSERT ON orders FOR EACH ROW WHEN (NEW.amount > 100) EXECUTE FUNCTION note();
CREATE TRIGGER orders_after AFTER UPDATE OF amount ON orders FOR EACH ROW EXECUTE FUNCTION note();
CREATE TRIGGER orders_statement AFTER DELETE ON orders REFERENCING OLD TABLE AS gone_rows FOR EACH STATEMENT EXECUTE FUNCTION note();
CREATE CONSTRAINT TRIGGER orders_deferred AFTER INSERT ON orders DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION note();
ALTER TABLE orders DISABLE TRIGGER orders_after;
ALTER TABLE orders ENABLE ALWAYS TRIGGER orders_before;
COMMENT ON TRIGGER orders_before ON orders IS 'large ones';

CREATE POLICY orders_own ON orders FOR SELECT TO :role_reader USING (region = 2 OR EXISTS (SELECT FROM assets WHERE assets.id = asset));
CREATE POLICY orders_no ON orders AS RESTRICTIVE FOR UPDATE USING (true) WITH CHECK (amount < 1000000);
COMMENT ON POLICY orders_own ON orders IS 'what one may see';
COMMENT ON POLICY orders_no ON orders IS 'not so much';
ALTER TABLE orders ENABLE ROW LEVEL SECURITY;
CREATE TABLE notes (order_id bigint, body text);
ALTER TABLE notes ENABLE ROW LEVEL SECURITY;
CREATE POLICY notes_of_orders ON notes USING (EXISTS (SELECT FROM orders WHERE orders.id = notes.order_id));
COMMENT ON POLICY notes_of_orders ON notes IS 'of what there is';

CREATE TABLE shipments (order_id bigint, placed timestamptz, CONSTRAINT shipments_order FOREIGN KEY (order_id, placed) REFERENCES orders (id, placed) ON UPDATE CASCADE);
INSERT INTO shipments SELECT id, placed FROM orders LIMIT 100;
COMMENT ON CONSTRAINT shipments_order ON shipments IS 'where to';

CREATE VIEW large WITH (security_barrier = true) AS SELECT id, amount, asset FROM orders WHERE amount > 100 WITH LOCAL CHECK OPTION;
CREATE VIEW larger AS SELECT * FROM large WHERE amount > 200;
COMMENT ON VIEW large IS 'the large ones';
COMMENT ON COLUMN large.amount IS 'in euros, too';
CREATE MATERIALIZED VIEW reports.by_asset AS SELECT asset, count(*) AS orders, sum(amount) AS amount FROM orders GROUP BY asset;
CREATE UNIQUE INDEX by_asset_key ON reports.by_asset (asset);
CREATE MATERIALIZED VIEW reports.top AS SELECT asset, orders FROM reports.by_asset WHERE orders > 10;
CREATE VIEW reports.shown AS SELECT b.asset, b.amount, t.orders FROM reports.by_asset AS b LEFT JOIN reports.top AS t USING (asset);
COMMENT ON MATERIALIZED VIEW reports.by_asset IS 'nightly';
COMMENT ON COLUMN reports.by_asset.orders IS 'how many';
COMMENT ON INDEX reports.by_asset_key IS 'for CONCURRENTLY';
CREATE MATERIALIZED VIEW reports.empty AS SELECT count(*) FROM orders WITH NO DATA;
CREATE RULE orders_rule AS ON DELETE TO orders WHERE old.amount < 0 DO ALSO INSERT INTO audit (what) VALUES ('rule');
CREATE RULE assets_rule AS ON DELETE TO assets DO ALSO DELETE FROM orders WHERE asset = old.id;
COMMENT ON RULE orders_rule ON orders IS 'those below zero';
COMMENT ON RULE assets_rule ON assets IS 'with their orders';
CREATE FUNCTION order_count(of_asset int) RETURNS bigint STABLE BEGIN ATOMIC SELECT count(*) FROM orders WHERE asset = of_asset; END;
COMMENT ON FUNCTION order_count IS 'of one asset';
CREATE FUNCTION order_count_text() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM orders';
CREATE PUBLICATION :publication FOR TABLE orders (id, placed, asset, amount) WHERE (id > 5), TABLE assets;

ALTER TABLE orders REPLICA IDENTITY USING INDEX orders_place;
ALTER TABLE orders OWNER TO :role_owner;
GRANT SELECT, INSERT ON orders TO :role_reader;
GRANT UPDATE (amount) ON orders TO :role_reader WITH GRANT OPTION;
GRANT USAGE ON SEQUENCE orders_id_seq TO :role_reader;
GRANT SELECT ON large, reports.by_asset TO :role_reader;
ANALYZE orders;
