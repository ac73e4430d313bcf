import DBKit
import Foundation
import TestSupport
import Testing

/// A lost schema in a live database: `--schema`.
@Suite struct SchemaRestoreTests {
    /// One of everything that can be in a schema, with ties in both directions.
    private static let shop = """
        CREATE SCHEMA shop; COMMENT ON SCHEMA shop IS 'sold'; GRANT USAGE ON SCHEMA shop TO PUBLIC;
        CREATE TYPE shop.size AS ENUM ('s', 'l');
        CREATE FUNCTION shop.twice(integer) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT $1 * 2';
        CREATE SEQUENCE shop.free START WITH 7;
        CREATE TABLE shop.item (
            id serial PRIMARY KEY, size shop.size, m mood, hen integer REFERENCES hen, price integer CHECK (price > 0));
        INSERT INTO shop.item (size, m, hen, price) SELECT 's', 'ok', 1, g FROM generate_series(1, 500) AS g;
        CREATE INDEX ON shop.item (shop.twice(price));
        CREATE TABLE shop.part (id integer, at date) PARTITION BY RANGE (at);
        CREATE TABLE shop.part_1 PARTITION OF shop.part FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
        INSERT INTO shop.part VALUES (1, '2024-05-05');
        CREATE VIEW shop.dear AS SELECT i.id, h.egg FROM shop.item AS i JOIN hen AS h ON h.id = i.hen;
        CREATE MATERIALIZED VIEW shop.sums AS SELECT size, sum(price) FROM shop.item GROUP BY size;
        CREATE UNIQUE INDEX ON shop.sums (size);
        CREATE TABLE sale (item integer CONSTRAINT sold REFERENCES shop.item);
        INSERT INTO sale VALUES (1);
        ALTER PUBLICATION "some" ADD TABLE shop.item;
        GRANT SELECT ON shop.item, shop.dear TO PUBLIC;
        """

    private static func restore(
        _ fixture: RestoreFixture, _ set: FoundSet, _ schemas: [String] = ["shop"]
    ) async throws -> RestoreResult {
        try await fixture.restore(set.folder, into: fixture.database, creates: false) { $0.schemas = schemas }
    }

    @Test(
        "a lost schema comes back: what pg_dump -C says is the same as before, and views have their rows",
        arguments: TestServer.majors)
    func absent(major: Int) async throws {
        try await TableRestoreTests.with(major: major, Self.shop) { fixture, set in
            let before = try await TableRestoreTests.lines(fixture)
            try await fixture.server.psql("DROP SCHEMA shop CASCADE", database: fixture.database)
            let result = try await Self.restore(fixture, set)
            let after = try await TableRestoreTests.lines(fixture)
            #expect(RestoreFixture.difference(before, after) == [])
            #expect(result.rows == 501 && result.warnings == [])
            let sums = "SELECT sum FROM shop.sums; SELECT nextval('shop.item_id_seq')"
            #expect(try await fixture.server.psql(sums, database: fixture.database) == "125250\n501")
        }
    }

    @Test("a schema that is there and empty is filled; with something in it: 73, and nothing was changed")
    func present() async throws {
        try await TableRestoreTests.with(Self.shop) { fixture, set in
            let before = try await TableRestoreTests.lines(fixture)
            try await fixture.server.psql(
                "DROP SCHEMA shop CASCADE; CREATE SCHEMA shop; CREATE TYPE shop.x AS ENUM ()",
                database: fixture.database)
            let failure = await #expect(throws: Failure.self) { try await Self.restore(fixture, set) }
            #expect(failure?.category == .cannotCreate && failure?.message.contains("shop.x") == true)
            try await fixture.server.psql("DROP TYPE shop.x", database: fixture.database)
            _ = try await Self.restore(fixture, set)
            let after = try await TableRestoreTests.lines(fixture)
            #expect(RestoreFixture.difference(before, after) == [])
        }
    }

    @Test("what the schema needs from others and is not there is named: 78; a schema that the set has not: 66")
    func needs() async throws {
        try await TableRestoreTests.with(Self.shop) { fixture, set in
            try await fixture.server.psql(
                "DROP SCHEMA shop CASCADE; DROP TABLE hen CASCADE; DROP TYPE mood CASCADE", database: fixture.database)
            let before = try await TableRestoreTests.schema(fixture)
            let failure = await #expect(throws: Failure.self) { try await Self.restore(fixture, set) }
            #expect(failure?.category == .configuration)
            #expect(failure?.message.contains("TYPE public.mood") == true)
            #expect(failure?.message.contains("TABLE public.hen") == true, "\(failure.debugDescription)")
            let other = await #expect(throws: Failure.self) { try await Self.restore(fixture, set, ["Shop"]) }
            #expect(other?.category == .notFound && other?.hint?.contains("shop") == true)
            #expect(try await TableRestoreTests.schema(fixture) == before)
        }
    }
}
