import DBKit
import Foundation
import TestSupport
import Testing

@Suite("The swap of a conversion, among others' transactions")
struct ConvertSwapTests {
    @Test("nobody's older snapshot meets a table without its rows: the swap waits, and says for whom")
    func snapshots() async throws {
        try await ConvertFixture.with(ConvertFixture.schema + "CREATE TABLE other ()") { fixture in
            let before = try await fixture.content()
            let statement = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM other"
            let busy = await #expect(throws: Failure.self) {
                try await fixture.convertHeld(ConvertFixture.monthly(), statement)
            }
            #expect(busy?.code == .partitionConvertBusy, "\(String(describing: busy))")
            #expect(busy?.detail?.contains("older snapshot") == true && busy?.detail?.contains("forgotten") == true)
            #expect(try await !fixture.isPartitioned())
            try await fixture.convert()
            #expect(try await fixture.content() == before)
            // Back likewise.
            let undo = await #expect(throws: Failure.self) {
                try await fixture.holding(statement) {
                    try await PartitionConvert.undo(
                        "attempts", fixture.request { $0.wait = .milliseconds(100) }, maximumStall: .milliseconds(400),
                        patience: .milliseconds(500), isDryRun: false)
                }
            }
            #expect(undo?.detail?.contains("older snapshot") == true, "\(String(describing: undo))")
            #expect(try await fixture.undo().state == .undone)
        }
    }

    @Test(
        "an autovacuum of the table leaves when its lock is wanted", arguments: ConvertSpecification.Strategy.allCases)
    func autovacuum(_ strategy: ConvertSpecification.Strategy) async throws {
        let settings = [
            "autovacuum_naptime": "1s", "autovacuum_vacuum_cost_delay": "100ms", "autovacuum_vacuum_cost_limit": "1",
            "log_autovacuum_min_duration": "0",
        ]
        try await TestServer.withSandbox(settings: settings) { server in
            try await server.psql(ConvertFixture.schema)
            try await server.psql(
                "ALTER TABLE attempts SET (autovacuum_vacuum_threshold = 1, autovacuum_vacuum_scale_factor = 0); UPDATE attempts SET score = 1 WHERE id % 3 = 0"
            )
            func isVacuumed() async throws -> Bool {
                try await server.psql(
                    "SELECT count(*) > 0 FROM pg_stat_progress_vacuum WHERE relid = to_regclass('attempts')::oid")
                    == "t"
            }
            try await eventually("it is vacuumed") { try await isVacuumed() }
            let fixture = ConvertFixture(database: TestDatabase(name: "postgres", server: server))
            // Without that it never gets its locks: a vacuum of this pace takes minutes.
            let report = try await fixture.convert(ConvertFixture.monthly { $0.strategy = strategy })
            #expect(report.state == .converted)
            let before = try await fixture.content()
            try await fixture.undo()
            #expect(try await fixture.content() == before)
        }
    }

    @Test(
        "clients at work in tables that refer to it, by a foreign key or a policy, do not keep the swap from its locks")
    func lockOrder() async throws {
        let schema = """
            CREATE TABLE attempts (id int, at timestamptz, PRIMARY KEY (id, at));
            INSERT INTO attempts SELECT i, timestamptz '2026-01-01' + i * interval '1 hour' FROM generate_series(1, 2000) AS i;
            CREATE TABLE kid (a int, b timestamptz, FOREIGN KEY (a, b) REFERENCES attempts);
            CREATE TABLE secret (id int); INSERT INTO secret SELECT generate_series(1, 100); CREATE ROLE \(role);
            ALTER TABLE secret ENABLE ROW LEVEL SECURITY; GRANT SELECT ON secret, attempts TO \(role);
            CREATE POLICY seen ON secret USING (EXISTS (SELECT FROM attempts AS a WHERE a.id = secret.id));
            """
        try await ConvertFixture.with(schema) { fixture in
            try await finally {
                let isOver = Flag()
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for client in 0..<4 {
                        group.addTask {
                            let statement =
                                client % 2 == 0
                                ? "INSERT INTO kid SELECT id, at FROM attempts WHERE id = \(client + 1)"
                                : "SET ROLE \(role); SELECT count(*) FROM secret; RESET ROLE"
                            let script = Array(repeating: statement + ";", count: 50).joined()
                            while !isOver.isSet { try await fixture.database.psql(script) }
                        }
                    }
                    let report = try await fixture.convert()
                    isOver.set()
                    #expect(report.state == .converted)
                    try await group.waitForAll()
                }
            } cleanUp: {
                _ = try? await fixture.database.psql("DROP OWNED BY \(role); DROP ROLE \(role)")
            }
        }
    }

    private let role = TestServer.uniqueName("reader")

    @Test("grants that were taken back during the copy are taken back of its partitions too")
    func revoked() async throws {
        try await ConvertFixture.with(ConvertFixture.schema + "GRANT SELECT ON attempts TO pg_monitor") { fixture in
            await #expect(throws: Failure.self) { try await fixture.convertHeld() }
            try await fixture.database.psql("REVOKE SELECT ON attempts FROM pg_monitor")
            try await fixture.convert()
            let seen = try await fixture.database.psql(
                "SELECT count(*) FROM pg_class WHERE relname LIKE 'attempts%' AND relacl::text LIKE '%pg_monitor%' AND relnamespace = 'public'::regnamespace"
            )
            #expect(seen == "0")
        }
    }

    @Test("a refused conversion makes nothing that a publication of all tables would send")
    func published() async throws {
        try await TestServer.withSandbox(settings: ["wal_level": "logical"]) { server in
            try await server.psql(ConvertFixture.schema)
            try await server.psql(
                "CREATE PUBLICATION everything FOR ALL TABLES; SELECT pg_create_logical_replication_slot('s', 'pgoutput')"
            )
            let fixture = ConvertFixture(database: TestDatabase(name: "postgres", server: server))
            let refused = await #expect(throws: Failure.self) { try await fixture.convert() }
            #expect(refused?.code == .partitionConvertBlocked, "\(String(describing: refused))")
            #expect(try await server.psql("SELECT to_regnamespace('dbctl') IS NULL") == "t")
        }
    }
}
