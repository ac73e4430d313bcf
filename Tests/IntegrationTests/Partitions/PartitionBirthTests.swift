import DBKit
import Foundation
import TestSupport
import Testing

@testable import Partitions

@Suite("A partition is born beside its parent and attached without stopping anybody")
struct PartitionBirthTests {
    /// Everything that a child should have like its parent, and that LIKE or ATTACH do not give it.
    private static let dressed =
        PartitionFixture.schema + """

            CREATE INDEX ON attempts (lower(note)) WHERE score > 3;
            CREATE STATISTICS attempts_pairs (ndistinct, mcv) ON user_id, score FROM attempts;
            ALTER STATISTICS attempts_pairs SET STATISTICS 500;
            ALTER TABLE attempts ALTER note SET STATISTICS 700, ALTER note SET STORAGE EXTERNAL,
                ALTER score SET (n_distinct = 5);
            ALTER TABLE attempts ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
            CREATE POLICY mine ON attempts AS RESTRICTIVE FOR UPDATE TO PUBLIC USING (user_id > 1) WITH CHECK (score < 9);
            ALTER TABLE ONLY attempts REPLICA IDENTITY USING INDEX attempts_pkey;
            COMMENT ON TABLE attempts IS 'who tried''s what';
            COMMENT ON COLUMN attempts.note IS 'free';
            GRANT SELECT ON attempts TO pg_monitor WITH GRANT OPTION;
            GRANT UPDATE (note, score) ON attempts TO PUBLIC;
            REVOKE TRUNCATE ON attempts FROM postgres;
            CREATE FUNCTION noted() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
            CREATE TRIGGER noting BEFORE INSERT ON attempts FOR EACH ROW EXECUTE FUNCTION noted();
            ALTER TABLE attempts ENABLE ALWAYS TRIGGER noting;
            """

    private struct Scene: Sendable {
        let fixture: PartitionFixture
        let connection: Connection
        let table: PartitionedTable
        let scheme: PartitionScheme

        func birth(_ month: String) throws -> PartitionBirth {
            let value = try #require(PartitionValue("\(month)-01 00:00:00+00", key: .timestamptz))
            let range = try #require(scheme.range(containing: value))
            return PartitionBirth(
                request: fixture.request(), connection: connection, table: table, range: range,
                name: try scheme.name(of: range, table: table.name))
        }

        func attachment(_ birth: PartitionBirth) throws -> PartitionAttachment {
            PartitionAttachment(
                request: birth.request, connection: connection, table: table, check: birth.check,
                child: try birth.sql())
        }
    }

    private func withScene<T: Sendable>(
        _ schema: String = dressed, major: Int = 15, _ body: @Sendable (Scene) async throws -> T
    ) async throws -> T {
        try await PartitionFixture.with(schema, major: major) { fixture in
            let request = fixture.request()
            return try await Connection.with(request.server, settings: request.settings) { connection in
                let table = try await connection.run {
                    try PartitionCatalog.read("attempts", searchPath: nil, in: $0)
                }
                let scheme = try PartitionScheme(
                    key: table.key.type, step: .calendar(CalendarStep(1, .month)), zone: .gmt)
                return try await body(Scene(fixture: fixture, connection: connection, table: table, scheme: scheme))
            }
        }
    }

    @Test("it has everything like its parent, and ATTACH changes nothing of that", arguments: TestServer.majors)
    func dressed(_ major: Int) async throws {
        try await withScene(major: major) { scene in
            let birth = try scene.birth("2026-01")
            let oid = try await birth.create()
            #expect(try await scene.fixture.partitions() == [])
            let differences = try await differences(scene, oid, .beforeAttach)
            #expect(differences == [])
            let outcome = try await scene.attachment(birth).run()
            #expect(outcome == .attached)
            let after = try await self.differences(scene, oid, .attached)
            #expect(after == [])
            let text = try await scene.fixture.database.psql(
                """
                INSERT INTO attempts (attempted_at, user_id) VALUES ('2026-01-31 23:59:59+00', 1);
                SELECT count(*), bool_and(twice = 14) FROM attempts_p2026_01;
                SELECT count(*) FROM pg_constraint WHERE conname = 'dbctl_partition_bounds'
                """)
            #expect(text == "1|t\n0")
        }
    }

    private func differences(
        _ scene: Scene, _ oid: Int64, _ traits: Set<TraitDifference.Trait>
    ) async throws -> [String] {
        try await scene.connection.run { session in
            let read = try RelationTraits.read([oid, scene.table.oid], in: session)
            guard let child = read[oid], let parent = read[scene.table.oid] else { return ["not there"] }
            return try Inheritance(of: child, from: parent, traits).differences().map(\.message)
        }
    }

    @Test("a policy with a subquery says the name of its own table, and comes along all the same", arguments: [15, 18])
    func subquery(_ major: Int) async throws {
        let schema =
            Self.dressed + """

                CREATE TABLE acl (id bigint);
                CREATE POLICY listed ON attempts FOR SELECT USING (EXISTS (SELECT FROM acl WHERE acl.id = attempts.user_id));
                """
        try await withScene(schema, major: major) { scene in
            let birth = try scene.birth("2026-01")
            let oid = try await birth.create()
            #expect(try await differences(scene, oid, .beforeAttach) == [])
            let policies = try await scene.fixture.database.psql(
                "SELECT count(*) FROM pg_policies WHERE policyname = 'listed'; SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'dbctl%'"
            )
            #expect(policies == "2\n0")
        }
    }

    @Test("each thing that a partition lacks is found, and its statements mend it", arguments: [15, 18])
    func mended(_ major: Int) async throws {
        try await withScene(major: major) { scene in
            try await scene.fixture.database.psql(
                """
                CREATE ROLE \(scene.fixture.database.name)_other;
                SET client_min_messages = error;
                CREATE TABLE attempts_x PARTITION OF attempts FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');
                ALTER TABLE attempts_x ALTER note SET STATISTICS 5, ALTER note SET STORAGE MAIN, ALTER score DROP DEFAULT,
                    ALTER score SET (n_distinct = 9);
                GRANT DELETE ON attempts_x TO PUBLIC;
                ALTER TABLE attempts_x DISABLE TRIGGER noting;
                CREATE POLICY open ON attempts_x USING (true);
                ALTER TABLE attempts_x OWNER TO \(scene.fixture.database.name)_other;
                """)
            let oid: Int64 = try #require(
                Int64(try await scene.fixture.database.psql("SELECT 'attempts_x'::regclass::oid")))
            let found = try await scene.connection.run { session -> [TraitDifference] in
                let read = try RelationTraits.read([oid, scene.table.oid], in: session)
                guard let child = read[oid], let parent = read[scene.table.oid] else { return [] }
                return try Inheritance(of: child, from: parent, .attached).differences()
            }
            let expected: Set<TraitDifference.Trait> = [
                .owner, .default, .statisticsTarget, .columnStorage, .extendedStatistics, .replicaIdentity, .grant,
                .rowSecurity, .policy, .trigger, .comment,
            ]
            #expect(Set(found.map(\.trait)) == expected)
            #expect(found.allSatisfy { !$0.statements.isEmpty })
            for statement in found.flatMap(\.statements) {
                try await scene.connection.run { session in _ = try session.execute(statement) }
            }
            let left = try await differences(scene, oid, .attached)
            #expect(left == [])
            try await scene.fixture.database.psql(
                "DROP OWNED BY \(scene.fixture.database.name)_other; DROP ROLE \(scene.fixture.database.name)_other")
        }
    }

    @Test("the CHECKs are recognised: neither the partition nor the default one is read", arguments: TestServer.majors)
    func recognised(_ major: Int) async throws {
        for (type, every, value) in [
            ("timestamptz", "1 month", "2026-01-05 00:00:00+00"), ("date", "1 month", "2026-01-05"),
            ("timestamp", "1 day", "2026-01-05 00:00:00"), ("uuid", "1 month", "019b76da-a800-7000-8000-000000000001"),
            ("bigint", "", "15"), ("smallint", "", "15"),
            ("text COLLATE \"C\"", "1 month", "01KDVDNA00ZZZZZZZZZZZZZZZZ"),
            ("varchar(26) COLLATE \"C\"", "1 month", "01KDVDNA00ZZZZZZZZZZZZZZZZ"),
        ] {
            let columns = """
                CREATE TABLE attempts (k \(type), v text) PARTITION BY RANGE (k);
                CREATE TABLE rest PARTITION OF attempts DEFAULT;
                """
            try await PartitionFixture.with(columns, major: major) { fixture in
                let request = fixture.request()
                try await Connection.with(request.server, settings: request.settings) { connection in
                    let table = try await connection.run {
                        try PartitionCatalog.read("attempts", searchPath: nil, in: $0)
                    }
                    let scheme = try PartitionScheme(
                        key: table.key.type, step: every.isEmpty ? .rows(10) : .calendar(CalendarStep(spelled: every)),
                        zone: .gmt)
                    let value = try #require(PartitionValue(value, key: table.key.type))
                    let range = try #require(scheme.range(containing: value))
                    let birth = PartitionBirth(
                        request: request, connection: connection, table: table, range: range, name: "child")
                    _ = try await birth.create()
                    let fallback = try #require(table.fallback)
                    let check = FallbackCheck(
                        request: request, connection: connection, table: table, fallback: fallback, check: birth.check)
                    try await check.add()
                    try await check.validate()
                    let attach: Query =
                        "ALTER TABLE \(try table.sql()) ATTACH PARTITION \(try birth.sql()) \(try birth.check.values)"
                    let said = try await connection.run { session -> [String] in
                        var messages: [String] = []
                        session.onNotice = { messages.append($0.message) }
                        defer { session.onNotice = nil }
                        try session.execute("SET client_min_messages = debug1")
                        try session.execute(attach)
                        return messages
                    }
                    let implied = said.filter { $0.contains("implied by existing constraints") }
                    #expect(implied.count == 2, "\(type): \(said)")
                }
            }
        }
    }

    @Test("the second half of an interrupted run goes on with what the first one left")
    func continued() async throws {
        try await withScene { scene in
            let birth = try scene.birth("2026-01")
            let first = try await birth.create()
            let second = try await birth.create()
            #expect(first == second, "it was whole")
            try await scene.fixture.database.psql("ALTER TABLE attempts ADD COLUMN more int")
            let third = try await birth.create()
            #expect(third != first, "the parent has changed")
            let outcome = try await scene.attachment(birth).run()
            #expect(outcome == .attached)
        }
    }

    @Test("what has the name and not the mark is never touched, nor a leftover with rows")
    func guarded() async throws {
        try await withScene { scene in
            try await scene.fixture.database.psql("CREATE VIEW attempts_p2026_01 AS SELECT 1 AS a")
            let taken = try await failure { _ = try await scene.birth("2026-01").create() }
            #expect(taken?.code == .partitionNameTaken && taken?.message.contains("a view") == true, "\(taken as Any)")
            let birth = try scene.birth("2026-02")
            _ = try await birth.create()
            try await scene.fixture.database.psql(
                """
                INSERT INTO attempts_p2026_02 VALUES (1, '2026-02-02', 1);
                ALTER TABLE attempts ADD COLUMN more int
                """)
            let full = try await failure { _ = try await birth.create() }
            #expect(full?.code == .partitionLeftover, "\(full as Any)")
            #expect(try await scene.fixture.database.psql("SELECT count(*) FROM attempts_p2026_02") == "1")
        }
    }

    @Test("a reader of three seconds is not in the way of ATTACH where there is no default partition")
    func unblocked() async throws {
        try await withScene { scene in
            try await scene.fixture.database.psql(
                "CREATE TABLE attempts_old PARTITION OF attempts FOR VALUES FROM ('2025-12-01') TO ('2026-01-01')")
            let reader = try await Connection.open(
                scene.fixture.database.parameters, settings: scene.fixture.request().settings)
            try await finally {
                try await reader.run { session in
                    try session.execute("BEGIN")
                    _ = try session.rows("SELECT count(*) FROM public.attempts")
                }
                let birth = try scene.birth("2026-01")
                _ = try await birth.create()
                let outcome = try await scene.attachment(birth).run()
                #expect(outcome == .attached)
            } cleanUp: {
                await reader.close()
            }
        }
    }

    private func failure(_ body: () async throws -> Void) async throws -> Failure? {
        do {
            try await body()
            return nil
        } catch let error as Failure { return error }
    }
}
