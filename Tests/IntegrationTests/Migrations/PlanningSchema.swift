extension PlanningFixture {
    /// One of each kind, with rows.
    static let schema = """
        SET client_min_messages = warning;
        CREATE DOMAIN plain_text AS text;
        CREATE DOMAIN positive AS int CHECK (VALUE > 0);
        CREATE DOMAIN free_number AS int;
        CREATE TYPE mood AS ENUM ('sad', 'happy');
        CREATE FUNCTION volatile_number() RETURNS int LANGUAGE plpgsql VOLATILE AS 'BEGIN RETURN 1; END';
        CREATE FUNCTION stable_number() RETURNS int LANGUAGE plpgsql STABLE AS 'BEGIN RETURN 1; END';
        CREATE FUNCTION on_row() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END';
        CREATE TABLE account (
            id int PRIMARY KEY, code varchar(10) NOT NULL, label text, amount numeric(10, 2), made timestamp,
            seen timestamptz, flags bit(5), many varchar(5)[], small char(5), note varchar(20), checked int, address cidr,
            CONSTRAINT note_is_short CHECK (length(note) < 15),
            CONSTRAINT checked_is_there CHECK (checked IS NOT NULL AND checked > 0)
        );
        CREATE INDEX account_code ON account (code);
        CREATE INDEX account_made ON account (made);
        CREATE INDEX account_partial ON account (amount) WHERE amount > 0;
        CREATE INDEX account_lower ON account (lower(label));
        INSERT INTO account SELECT g, 'c' || g, 'l', g, now(), now(), B'10101', '{a}', 'x', 'n', 1, '10.0.0.0/8'
        FROM generate_series(1, 20) g;
        CREATE TABLE payment (id int PRIMARY KEY, account_id int REFERENCES account ON DELETE CASCADE, other int, qty int);
        INSERT INTO payment SELECT g, g, g, g FROM generate_series(1, 20) g;
        ALTER TABLE payment ADD CONSTRAINT other_fk FOREIGN KEY (other) REFERENCES account NOT VALID;
        ALTER TABLE payment ADD CONSTRAINT qty_positive CHECK (qty > 0) NOT VALID;
        CREATE UNIQUE INDEX payment_other ON payment (other);
        CREATE UNIQUE INDEX payment_qty ON payment (qty);
        CREATE TABLE event (id int NOT NULL, at date NOT NULL, k int, body text) PARTITION BY RANGE (id);
        CREATE TABLE event_1 PARTITION OF event FOR VALUES FROM (0) TO (10);
        CREATE TABLE event_2 PARTITION OF event FOR VALUES FROM (10) TO (20);
        CREATE TABLE event_rest PARTITION OF event DEFAULT;
        CREATE INDEX event_at ON event (at);
        INSERT INTO event SELECT g, '2026-01-01', 1, 'b' FROM generate_series(1, 25) g;
        CREATE TABLE event_3 (id int NOT NULL, at date NOT NULL, k int, body text);
        CREATE TABLE event_4 (id int NOT NULL, at date NOT NULL, k int, body text,
            CONSTRAINT bounds CHECK (id >= 40 AND id < 50));
        CREATE INDEX event_4_at ON event_4 (at);
        INSERT INTO event_3 SELECT g, '2026-01-01', 1, 'b' FROM generate_series(30, 35) g;
        INSERT INTO event_4 SELECT g, '2026-01-01', 1, 'b' FROM generate_series(40, 45) g;
        CREATE TABLE parent (a int, b text);
        CREATE TABLE child (c int) INHERITS (parent);
        CREATE TABLE orphan (a int, b text);
        INSERT INTO parent VALUES (1, 'p');
        INSERT INTO child VALUES (1, 'c', 2);
        CREATE TABLE quiet (a int, b text);
        INSERT INTO quiet VALUES (1, 'q');
        CREATE UNLOGGED TABLE fleeting (a int);
        INSERT INTO fleeting VALUES (1);
        CREATE TABLE measured (p positive, n free_number);
        INSERT INTO measured VALUES (1, 2);
        CREATE TABLE code_source (code varchar(5) PRIMARY KEY);
        CREATE TABLE code_user (code varchar(5) REFERENCES code_source);
        INSERT INTO code_source VALUES ('a');
        INSERT INTO code_user VALUES ('a');
        CREATE TABLE linked (id int, account_id int REFERENCES account) PARTITION BY RANGE (id);
        CREATE TABLE linked_1 PARTITION OF linked FOR VALUES FROM (0) TO (10);
        CREATE TABLE linked_rest PARTITION OF linked DEFAULT;
        CREATE TABLE linked_3 (id int, account_id int);
        CREATE TABLE source (id int PRIMARY KEY) PARTITION BY RANGE (id);
        CREATE TABLE source_1 PARTITION OF source FOR VALUES FROM (0) TO (10);
        CREATE TABLE source_3 (id int NOT NULL);
        CREATE TABLE source_user (id int, source_id int REFERENCES source);
        INSERT INTO source_3 VALUES (31);
        INSERT INTO linked_3 VALUES (31, 2);
        CREATE VIEW quiet_view AS SELECT * FROM quiet;
        CREATE VIEW upper_view AS SELECT a FROM quiet_view;
        CREATE VIEW event_view AS SELECT count(*) FROM event;
        CREATE MATERIALIZED VIEW quiet_sum AS SELECT sum(a) AS a FROM upper_view;
        CREATE UNIQUE INDEX quiet_sum_a ON quiet_sum (a);
        CREATE SEQUENCE lone;
        CREATE TRIGGER quiet_touch BEFORE INSERT ON parent FOR EACH ROW EXECUTE FUNCTION on_row();
        CREATE TRIGGER event_touch BEFORE INSERT ON event FOR EACH ROW EXECUTE FUNCTION on_row();
        CREATE POLICY see ON quiet USING (true);
        CREATE SCHEMA "Other";
        CREATE TABLE "Other"."Mixed Case" (a int);
        CREATE STATISTICS account_stats ON code, label FROM account;
        """
}
