import DBKit
import Foundation
import TestSupport
import Testing

@Suite("dbctl partition, as it is typed")
struct PartitionCommandTests {
    private static let configuration = """
        partitions:
          - {table: attempts, by: attempted_at, every: 1 month, timezone: America/New_York, ahead: 2}

        """

    private struct Scene {
        let fixture: PartitionFixture
        let folder: String

        func write(_ text: String) throws {
            try Data(text.utf8).write(to: URL(filePath: "\(folder)/dbctl.yaml"))
        }

        func dbctl(_ arguments: String...) async throws -> DbctlOutcome {
            try await TestSupport.Dbctl.run(
                ["partition"] + arguments + ["--database-url", fixture.database.url, "--no-progress"], folder: folder)
        }
    }

    private func with(
        _ text: String = configuration, _ schema: String = PartitionFixture.schema, _ body: (Scene) async throws -> Void
    ) async throws {
        try await PartitionFixture.with(schema) { fixture in
            try await withTemporaryFolder { folder in
                let scene = Scene(fixture: fixture, folder: folder)
                try scene.write(text)
                try await body(scene)
            }
        }
    }

    private struct Document<Data: Decodable>: Decodable {
        var schema: String
        var ok: Bool
        var exit: Int
        var data: Data
        var error: Problem?
    }
    private struct Problem: Decodable {
        var code: String
        var hint: String?
    }
    private struct Changes: Decodable {
        var created: Int
        var partitions: [PartitionChange]
        var sets: [PartitionSetOutcome]
        var indexes: [IndexChange]
        var statements: [String]
    }
    private struct Listing: Decodable { var partitions: [ListedPartition] }
    private struct Verdict: Decodable { var verdict: String }

    @Test("every verb's document is what its schema says, and check's error stands beside its data")
    func documents() async throws {
        try await with { scene in
            let short = try await scene.dbctl("check", "--format", "json").decode(Document<Verdict>.self)
            #expect(short.exit == 2 && short.data.verdict == "CRITICAL" && short.error?.code == "partition.short")
            let plan = try await scene.dbctl("plan", "--format", "json").decode(Document<Changes>.self)
            #expect(plan.schema == "dbctl.partition.plan/1" && plan.ok && plan.data.partitions.count == 3)
            #expect(plan.data.statements.count == 15 && plan.data.partitions.allSatisfy { $0.state == .planned })
            let dry = try await scene.dbctl("ensure", "--dry-run", "--format", "json").decode(Document<Changes>.self)
            #expect(dry.data.statements == plan.data.statements)
            #expect(try await scene.fixture.partitions() == [])
            let ensure = try await scene.dbctl("ensure", "--format", "json").decode(Document<Changes>.self)
            #expect(ensure.schema == "dbctl.partition.ensure/1" && ensure.data.created == 3)
            let again = try await scene.dbctl("ensure", "--format", "json").decode(Document<Changes>.self)
            #expect(again.exit == 0 && again.data.created == 0 && again.data.partitions.isEmpty)
            let list = try await scene.dbctl("list", "--format", "json").decode(Document<Listing>.self)
            #expect(list.data.partitions.map(\.state) == [.current, .future, .future])
            #expect(list.data.partitions.map(\.rowEstimate) == [0, 0, 0], "no page, no row")
            let verify = try await scene.dbctl("verify", "--format", "json").decode(
                Document<PartitionVerifyReport>.self)
            #expect(verify.exit == 0 && verify.data.findings.isEmpty && verify.data.compared == 3)
            let good = try await scene.dbctl("check")
            #expect(
                good.exitCode == 0 && good.stdout.hasPrefix("OK: ")
                    && good.stdout.contains("'public.attempts'=2;2:;;0"), "\(good)")
        }
    }

    @Test("how many rows a partition has is not known until an ANALYZE, and is not said to be none")
    func unknownRows() async throws {
        try await with { scene in
            #expect(try await scene.dbctl("ensure").exitCode == 0)
            try await scene.fixture.database.psql("INSERT INTO attempts (attempted_at, user_id) VALUES (now(), 1)")
            let unknown = try await scene.dbctl("list", "--format", "json").decode(Document<Listing>.self)
            #expect(unknown.data.partitions.map(\.rowEstimate) == [nil, 0, 0])
            let shown = try await scene.dbctl("list")
            #expect(shown.stdout.contains("?: not known until an ANALYZE of public.attempts"), "\(shown)")
            try await scene.fixture.database.psql("ANALYZE attempts")
            let known = try await scene.dbctl("list", "--format", "json").decode(Document<Listing>.self)
            #expect(known.data.partitions.map(\.rowEstimate) == [1, 0, 0])
            let counted = try await scene.dbctl("list")
            #expect(!counted.stdout.contains("not known"), "\(counted)")
        }
    }

    @Test("no sets: 78 with what to write; --table picks one, under any of its names")
    func declared() async throws {
        try await with("pool: {warning: 70}\n") { scene in
            let none = try await scene.dbctl("ensure")
            #expect(none.exitCode == 78 && none.stderr.contains("partitions:\n"), "\(none)")
            try scene.write(Self.configuration + "  - {table: nope, by: at, every: 1 day}\n")
            let one = try await scene.dbctl("ensure", "--table", "public.attempts")
            #expect(one.exitCode == 0, "\(one)")
            let both = try await scene.dbctl("ensure", "--format", "json").decode(Document<Changes>.self)
            #expect(both.exit == 81 && both.error?.code == "partition.partial")
            let missing = try await scene.dbctl("ensure", "--table", "nope")
            #expect(missing.exitCode == 66, "\(missing)")
            let other = try await scene.dbctl("ensure", "--table", "users")
            #expect(other.exitCode == 80 && other.stderr.contains("not partitioned"), "\(other)")
        }
    }

    @Test(
        "what cannot be meant is 78 with its line, before any server is asked",
        arguments: [
            "timezone: Mars/Olympus, every: 1 day", "every: 1 month, name: \"{table}_{mm}\"",
            "every: 1 month, name: \"{nope}\"",
            "every: 1 month, rows: 5", "ahead: 3", "every: 1 day, keep: 500", "rows: 10, keep: 3 months",
            "every: 1 day, name: \"{table}_\(String(repeating: "x", count: 60))_{from}\"", "every: 99999999 years",
        ])
    func contradictions(_ keys: String) async throws {
        try await withTemporaryFolder { folder in
            try Data("partitions:\n  - {table: a, by: at, every: 1 day}\n  - {table: b, by: at, \(keys)}\n".utf8).write(
                to: URL(filePath: "\(folder)/dbctl.yaml"))
            for verb in [["config", "check"], ["partition", "plan", "--database-url", "postgresql://127.0.0.1:1/x"]] {
                let outcome = try await TestSupport.Dbctl.run(verb, folder: folder)
                #expect(outcome.exitCode == 78 && outcome.stderr.contains("dbctl.yaml:3"), "\(outcome)")
            }
        }
    }

    @Test("hours on a date, and time on a number, are 78 once the type is known")
    func types() async throws {
        let schema = "CREATE TABLE d (at date) PARTITION BY RANGE (at); CREATE TABLE n (at int) PARTITION BY RANGE (at)"
        try await with("partitions:\n  - {table: d, by: at, every: 6 hours}\n", schema) { scene in
            let hours = try await scene.dbctl("ensure")
            #expect(
                hours.exitCode == 78 && hours.stderr.contains("dbctl.yaml:2")
                    && hours.stderr.contains("a date has no hours"), "\(hours)")
            try scene.write("partitions:\n  - {table: n, by: at, every: 1 day}\n")
            #expect(try await scene.dbctl("ensure").exitCode == 78)
            try scene.write("partitions:\n  - {table: n, by: other, rows: 5}\n")
            #expect(try await scene.dbctl("ensure").exitCode == 80)
        }
    }

    @Test("four at once: one full set, all exit 0, and no error in the server's log, T1")
    func four() async throws {
        try await TestServer.withSandbox { server in
            try await server.psql(PartitionFixture.schema)
            try await withTemporaryFolder { folder in
                try Data(Self.configuration.utf8).write(to: URL(filePath: "\(folder)/dbctl.yaml"))
                let url = "postgresql://postgres@127.0.0.1:\(server.port)/postgres"
                let codes = try await withThrowingTaskGroup(of: DbctlOutcome.self) { group in
                    for _ in 0..<4 {
                        group.addTask {
                            try await TestSupport.Dbctl.run(
                                ["partition", "ensure", "--format", "json", "--database-url", url], folder: folder)
                        }
                    }
                    return try await group.reduce(into: [DbctlOutcome]()) { $0.append($1) }
                }
                #expect(codes.map(\.exitCode) == [0, 0, 0, 0], "\(codes)")
                let created = try codes.map { try $0.decode(Document<Changes>.self).data.created }
                #expect(created.reduce(0, +) == 3)
                let log = try server.log()
                #expect(!log.contains("ERROR:"), "\(log)")
            }
        }
    }

    @Test(
        "a dry run lists the very statements that a run executes, for a table with all that a partition can be given",
        arguments: [15, 18])
    func exact(_ major: Int) async throws {
        try await TestServer.withSandbox(major: major, settings: ["log_statement": "ddl"]) { server in
            try await server.psql(
                """
                CREATE ROLE keeper; CREATE ROLE reader; GRANT ALL ON SCHEMA public TO keeper;
                ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO reader;
                CREATE TABLE users (id int PRIMARY KEY);
                CREATE TABLE attempts (
                    id bigint GENERATED ALWAYS AS IDENTITY, attempted_at timestamptz NOT NULL, user_id int REFERENCES users,
                    note text, CONSTRAINT attempts_key UNIQUE (id, attempted_at), CHECK (user_id > 0)
                ) PARTITION BY RANGE (attempted_at);
                CREATE INDEX ON attempts (note, lower(note)); CREATE INDEX again ON attempts (note, lower(note));
                CREATE STATISTICS together ON user_id, note FROM attempts; ALTER STATISTICS together SET STATISTICS 300;
                ALTER TABLE attempts ALTER COLUMN note SET STATISTICS 500, ALTER COLUMN user_id SET (n_distinct = 9);
                ALTER TABLE attempts REPLICA IDENTITY USING INDEX attempts_key;
                COMMENT ON TABLE attempts IS 'all'; COMMENT ON CONSTRAINT attempts_key ON attempts IS 'the key';
                CREATE POLICY plain ON attempts USING (user_id > 1); COMMENT ON POLICY plain ON attempts IS 'some';
                CREATE POLICY nested ON attempts USING (EXISTS (SELECT FROM users WHERE users.id = attempts.user_id));
                ALTER TABLE attempts ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
                ALTER TABLE attempts OWNER TO keeper; GRANT INSERT ON attempts TO reader; REVOKE DELETE ON attempts FROM keeper;
                GRANT UPDATE (note) ON attempts TO reader WITH GRANT OPTION;
                CREATE TABLE rest PARTITION OF attempts DEFAULT;
                INSERT INTO rest (id, attempted_at, note) OVERRIDING SYSTEM VALUE
                SELECT i, '2001-01-01', repeat('x', 1000) FROM generate_series(1, 1500) AS i;
                """)
            try await withTemporaryFolder { folder in
                try Data(Self.configuration.utf8).write(to: URL(filePath: "\(folder)/dbctl.yaml"))
                let url = "postgresql://postgres@127.0.0.1:\(server.port)/postgres"
                func dbctl(_ arguments: String...) async throws -> DbctlOutcome {
                    try await TestSupport.Dbctl.run(
                        ["partition"] + arguments + ["--format", "json", "--database-url", url], folder: folder)
                }
                let planned = try await dbctl("ensure", "--dry-run").decode(Document<Changes>.self)
                #expect(planned.data.statements.count > 60, "\(planned)")
                let before = try server.log().utf8.count
                let done = try await dbctl("ensure")
                #expect(done.exitCode == 0, "\(done)")
                let log = String(decoding: try Array(server.log().utf8).dropFirst(before), as: UTF8.self)
                // What else is there is the record of the run.
                let executed = log.split(separator: "\n").compactMap { line in
                    line.firstRange(of: "execute <unnamed>: ").map { String(line[$0.upperBound...]) }
                }.filter { !$0.contains("dbctl.operations") }
                // The log has the lines of one statement below each other.
                let listed = planned.data.statements.compactMap { $0.split(separator: "\n").first.map(String.init) }
                let difference = listed.difference(from: executed)
                #expect(difference.isEmpty, "\(difference)")
            }
        }
    }

    @Test(
        "where the role may not record what it does, the log has the SQL that lets it, in one line, and the server's log no error",
        arguments: ["text", "json"])
    func unrecorded(_ format: String) async throws {
        try await TestServer.withSandbox { server in
            try await server.psql("CREATE ROLE \"cron-own\" LOGIN; CREATE SCHEMA app AUTHORIZATION \"cron-own\"")
            try await server.psql(
                "SET ROLE \"cron-own\"; CREATE TABLE app.ev (at timestamptz NOT NULL) PARTITION BY RANGE (at)")
            try await withTemporaryFolder { folder in
                try Data("partitions:\n  - {table: app.ev, by: at, every: 1 month, ahead: 1}\n".utf8).write(
                    to: URL(filePath: "\(folder)/dbctl.yaml"))
                let url = "postgresql://cron-own@127.0.0.1:\(server.port)/postgres"
                let outcome = try await TestSupport.Dbctl.run(
                    ["partition", "ensure", "--log-format", format, "--database-url", url], folder: folder)
                #expect(outcome.exitCode == 0, "\(outcome)")
                let line = try #require(
                    outcome.stderr.split(separator: "\n").first { $0.contains("will not be recorded") }, "\(outcome)")
                let name = format == "json" ? "\\\"cron-own\\\"" : "\"cron-own\""
                #expect(line.contains("CREATE SCHEMA IF NOT EXISTS dbctl; CREATE TABLE"), "\(line)")
                #expect(line.contains("GRANT SELECT, INSERT, UPDATE ON dbctl.operations TO \(name);"), "\(line)")
                let log = try server.log()
                #expect(!log.contains("ERROR"), "\(log)")
            }
        }
    }

    @Test("declared indexes of a maintained table are complete and attached afterwards, T11")
    func indexes() async throws {
        let text =
            Self.configuration
            + "indexes:\n  - {table: attempts, columns: [user_id, attempted_at]}\n  - {table: users, columns: [id, id]}\n"
        try await with(text) { scene in
            // A partition of before, and an index of the parent that does not reach it.
            try await scene.fixture.database.psql(
                """
                CREATE TABLE past PARTITION OF attempts FOR VALUES FROM ('2001-01-01 05:00+00') TO ('2001-02-01 05:00+00');
                CREATE INDEX shell ON ONLY attempts (user_id, attempted_at);
                """)
            try scene.write(text.replacing("ahead: 2", with: "ahead: 2, keep: 1 month"))
            let first = try await scene.dbctl("ensure", "--format", "json")
            let document = try first.decode(Document<Changes>.self)
            #expect(document.exit == 0 && document.data.created == 4, "\(first)")
            let state = try await scene.fixture.database.psql(
                """
                SELECT (SELECT indisvalid FROM pg_index WHERE indexrelid = 'shell'::regclass),
                       (SELECT count(*) FROM pg_inherits WHERE inhparent = 'shell'::regclass),
                       (SELECT count(*) FROM pg_index WHERE indrelid = 'users'::regclass)
                """)
            #expect(state == "t|5|1")
            let runs = try await scene.fixture.database.psql("SELECT count(*) FROM dbctl.operations")
            let again = try await scene.dbctl("ensure")
            #expect(again.exitCode == 0)
            #expect(try await scene.fixture.database.psql("SELECT count(*) FROM dbctl.operations") == runs)
        }
    }

    @Test("another run holds the lock: 75 after --wait, with the holder")
    func busy() async throws {
        try await with { scene in
            let oid = try await scene.fixture.database.psql("SELECT 'attempts'::regclass::oid")
            let lock = try await JobLock.acquire(
                "partition:\(oid)", on: scene.fixture.database.parameters,
                settings: SessionSettings(applicationName: "somebody"), wait: .zero)
            let outcome = try await finally {
                try await scene.dbctl("ensure", "--wait", "200ms")
            } cleanUp: {
                await lock.release()
            }
            #expect(outcome.exitCode == 75 && outcome.stderr.contains("somebody"), "\(outcome)")
        }
    }
}
