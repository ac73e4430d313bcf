import DBKit
import Foundation
import TestSupport
import Testing

@Suite("What a table is like after a conversion, and what it was given since")
struct ConvertAfterTests {
    private static let schema = """
        CREATE TABLE accounts (id int PRIMARY KEY);
        INSERT INTO accounts SELECT generate_series(0, 99);
        CREATE TABLE attempts (
            id int PRIMARY KEY, at timestamptz NOT NULL, account int REFERENCES accounts, email text UNIQUE, note text,
            CONSTRAINT positive CHECK (id >= 0)
        );
        INSERT INTO attempts SELECT i, timestamptz '2026-01-01 00:00+00' + i * interval '1 day', i % 100, 'm' || i
        FROM generate_series(0, 100) AS i;
        CREATE STATISTICS before_stat ON account, note FROM attempts;
        CREATE POLICY mine ON attempts USING (account > 0);
        COMMENT ON TABLE attempts IS 'all'; COMMENT ON COLUMN attempts.note IS 'free';
        COMMENT ON INDEX attempts_pkey IS 'its index'; COMMENT ON CONSTRAINT attempts_pkey ON attempts IS 'the key';
        COMMENT ON CONSTRAINT positive ON attempts IS 'counted'; COMMENT ON STATISTICS before_stat IS 'together';
        COMMENT ON POLICY mine ON attempts IS 'what one may see';
        ANALYZE attempts;
        """

    /// What was given to the table since, and what is said of it.
    private static let given = """
        CREATE INDEX post_ix ON attempts (note);
        ALTER TABLE attempts ADD CONSTRAINT post_key UNIQUE (note, at);
        CREATE STATISTICS post_stat ON email, note FROM attempts;
        ALTER TABLE attempts ADD CONSTRAINT post_check CHECK (account >= 0);
        COMMENT ON INDEX post_ix IS 'why'; COMMENT ON CONSTRAINT post_key ON attempts IS 'because';
        COMMENT ON STATISTICS post_stat IS 'as well'; COMMENT ON CONSTRAINT post_check ON attempts IS 'no debts';
        COMMENT ON CONSTRAINT attempts_pkey ON attempts IS 'still the key'; COMMENT ON POLICY mine ON attempts IS NULL;
        COMMENT ON STATISTICS before_stat IS 'for ever';
        """

    private static let names = """
        SELECT 'index ' || c.relname || ' ' || coalesce(obj_description(c.oid, 'pg_class'), '-')
        FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indexrelid WHERE i.indrelid = 'attempts'::regclass
        UNION ALL
        SELECT 'constraint ' || conname || ' ' || coalesce(obj_description(oid, 'pg_constraint'), '-')
        FROM pg_constraint WHERE conrelid = 'attempts'::regclass AND contype IN ('c', 'p', 'u', 'f')
        UNION ALL
        SELECT 'statistics ' || stxnamespace::regnamespace || '.' || stxname || ' ' || coalesce(obj_description(oid, 'pg_statistic_ext'), '-')
        FROM pg_statistic_ext WHERE stxrelid = 'attempts'::regclass
        UNION ALL
        SELECT 'policy ' || polname || ' ' || coalesce(obj_description(oid, 'pg_policy'), '-')
        FROM pg_policy WHERE polrelid = 'attempts'::regclass
        ORDER BY 1
        """

    private static func monthly(_ strategy: ConvertSpecification.Strategy) -> ConvertSpecification {
        ConvertFixture.monthly { $0.strategy = strategy }
    }

    @Test(
        "indexes, keys, CHECKs and statistics that were made since come back with an undo under their names, with what is said of them and of all others",
        arguments: [15, 18], ConvertSpecification.Strategy.allCases)
    func given(_ major: Int, _ strategy: ConvertSpecification.Strategy) async throws {
        try await ConvertFixture.with(Self.schema, major: major) { fixture in
            try await fixture.convert(Self.monthly(strategy))
            try await fixture.database.psql(Self.given)
            let since = try await fixture.database.psql(Self.names)
            try await fixture.undo()
            let after = try await fixture.database.psql(Self.names)
            #expect(after == since)
            #expect(try await fixture.leftovers() == "")
        }
    }

    @Test(
        "verify finds nothing in what a conversion made, before and after it is finished",
        arguments: [15, 18], ConvertSpecification.Strategy.allCases)
    func verified(_ major: Int, _ strategy: ConvertSpecification.Strategy) async throws {
        try await ConvertFixture.with(Self.schema, major: major) { fixture in
            try await fixture.convert(Self.monthly(strategy))
            var declared = PartitionDeclaration(
                table: "attempts", key: "at", step: .calendar(try CalendarStep(spelled: "1 month")))
            declared.ahead = 1
            let verify = PartitionVerify(fixture.request(), declared: [declared])
            let findings = try await verify.run().findings
            #expect(findings == [], "\(findings)")
            try await fixture.finish()
            let left = try await verify.run().findings
            #expect(left == [], "\(left)")
        }
    }

    @Test(
        "a foreign key to a key without the partition column is in the way also with consent: nobody but its owner drops it, by what is said",
        arguments: ConvertSpecification.Strategy.allCases)
    func incoming(_ strategy: ConvertSpecification.Strategy) async throws {
        let schema =
            Self.schema
            + "CREATE TABLE replies (attempt int CONSTRAINT of_attempt REFERENCES attempts ON DELETE CASCADE); INSERT INTO replies VALUES (7);"
        try await ConvertFixture.with(schema) { fixture in
            let refused = await #expect(throws: Failure.self) { try await fixture.convert(Self.monthly(strategy)) }
            #expect(refused?.code == .partitionConvertBlocked && refused?.category == .guarded)
            let hint = try #require(refused?.hint)
            let typed = hint.split(separator: "\n").map(String.init).filter { $0.hasSuffix(";") }
            #expect(typed.count == 2, "\(hint)")
            try await fixture.database.psql(typed[0])
            try await fixture.convert(Self.monthly(strategy))
            try await fixture.undo()
            // As it was.
            try await fixture.database.psql(typed[1])
            let key = try await fixture.database.psql(
                "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'of_attempt'")
            #expect(key == "FOREIGN KEY (attempt) REFERENCES attempts(id) ON DELETE CASCADE NOT VALID")
        }
    }
}
