import DBKit
import Foundation
import TestSupport
import Testing

/// `runbooks/connection-exhaustion.md`, read and run: each of its blocks mends the situation that it is for.
@Suite struct ConnectionExhaustionRunbookTests {
    /// Twelve connections, two of them for superusers; `mon` may replicate, look and end sessions.
    static func with(_ body: (Sandbox) async throws -> Void) async throws {
        let settings = [
            "max_connections": "12", "superuser_reserved_connections": "2", "max_prepared_transactions": "2",
        ]
        try await TestServer.withSandbox(settings: settings) { server in
            try await server.psql(
                """
                CREATE ROLE app LOGIN; CREATE ROLE mon LOGIN SUPERUSER; CREATE TABLE orders (id int);
                ALTER TABLE orders OWNER TO app
                """)
            try await body(server)
        }
    }

    /// Runs one block under a heading.
    ///
    /// - Parameter replaced: what stands for a person's own values in the runbook, and the test's.
    @discardableResult static func run(
        _ heading: String, _ place: Int = 0, on server: Sandbox, user: String = "postgres",
        replaced: [(String, String)] = [], location: SourceLocation = #_sourceLocation
    ) async throws -> Program.Outcome {
        let blocks = try Runbook.blocks(of: "connection-exhaustion.md").filter { $0.heading == heading }
        let block = try #require(blocks.indices.contains(place) ? blocks[place] : nil, sourceLocation: location)
        var script = block.script
        for (old, new) in replaced {
            #expect(script.contains(old), sourceLocation: location)
            script = script.replacing(old, with: new)
        }
        let url = "postgresql://\(user)@127.0.0.1:\(server.port)/postgres"
        let outcome = try await Runbook.run(
            "export DATABASE_URL='\(url)'\n\(script)", programs: server.binaries.folder, folder: "/tmp")
        #expect(outcome.exitCode == 0, "\(script)\n\(outcome.stdout)\n\(outcome.stderr)", sourceLocation: location)
        return outcome
    }

    @Test("each section with commands is run here, with as many blocks as it has")
    func complete() throws {
        let blocks = try Runbook.blocks(of: "connection-exhaustion.md")
        let counts = Dictionary(blocks.map { ($0.heading, 1) }, uniquingKeysWith: +)
        #expect(
            counts == [
                // Only the settings, which every test has its own of.
                "": 1,
                "Symptom and verdict": 1, "Everybody waits for one": 1, "A prepared transaction": 1,
                "Idle in transaction": 2, "A leak": 1, "Genuine overload": 1, "A login storm": 1,
                "The queue is at the pooler": 1, "A limit of a role or a database": 1, "No single cause": 1,
                "Nobody gets in": 2, "How to know that it is over": 1,
            ])
    }

    @Test("every verdict has a line in the table, and its section is there")
    func verdicts() throws {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appending(path: "../../runbooks/connection-exhaustion.md").standardized
        let text = try String(contentsOf: file, encoding: .utf8)
        for code in VerdictCode.allCases where code != .healthy {
            let family = code.rawValue.hasPrefix("lock_pileup") ? "lock_pileup_*" : code.rawValue
            #expect(text.contains("`\(family)`"), "\(code)")
        }
        for match in text.matches(of: /\| \*\*([^*]+)\*\* \|/) {
            #expect(text.contains("\n## \(match.1)\n"), "\(match.1)")
        }
    }

    @Test("a pile-up: the verdict names it, the root is ended, and it is over")
    func pileup() async throws {
        try await Self.with { server in
            try await server.withSessions(1, "forgotten") { forgotten in
                try await forgotten[0].run { session in
                    try session.execute("BEGIN")
                    try session.execute("LOCK TABLE public.orders")
                }
                try await server.withWaiters(Array(repeating: "SELECT count(*) FROM public.orders", count: 3)) {
                    try await eventually("three have been waiting for a while") {
                        try await server.psql(
                            "SELECT count(*) FROM pg_locks WHERE NOT granted AND waitstart < now() - interval '1 s'")
                            == "3"
                    }
                    let verdict = try await Self.run("Symptom and verdict", on: server)
                    #expect(verdict.stdout.hasPrefix("CRITICAL: Lock pile-up"), "\(verdict.stdout)")
                    let done = try await Self.run("Everybody waits for one", on: server)
                    #expect(done.stdout.contains("DRY RUN: 1 session") && done.stdout.contains("Ended 1 of 1"))
                    try await eventually("nobody waits any more") {
                        try await server.psql("SELECT count(*) FROM pg_locks WHERE NOT granted") == "0"
                    }
                }
            }
            let over = try await Self.run("How to know that it is over", on: server)
            #expect(over.stdout.hasPrefix("OK: "), "\(over.stdout)")
        }
    }

    @Test("a prepared transaction is rolled back by its gid")
    func preparedTransaction() async throws {
        try await Self.with { server in
            try await server.psql("BEGIN; LOCK TABLE orders; PREPARE TRANSACTION 'forgotten'")
            try await Self.run("A prepared transaction", on: server, replaced: [("'gid'", "'forgotten'")])
            #expect(try await server.psql("SELECT count(*) FROM pg_prepared_xacts") == "0")
        }
    }

    @Test("idle in transaction, and a leak: ended; and the server does it by itself from then on")
    func idle() async throws {
        try await Self.with { server in
            try await server.withSessions(9, "web") { web in
                try await web[0].run { try $0.execute("BEGIN") }
                let done = try await Self.run("Idle in transaction", on: server, replaced: [("5m", "0s")])
                #expect(done.stdout.contains("Ended 1 of 1"), "\(done.stdout)")
                try await Self.run("Idle in transaction", 1, on: server)
                let setting = try await server.psql("SELECT rolconfig FROM pg_roles WHERE rolname = 'app'")
                #expect(setting == "{idle_in_transaction_session_timeout=5min}")
                let leak = try await Self.run("A leak", on: server, replaced: [("30m", "0s")])
                #expect(leak.stdout.contains("Ended 8 of 8"), "\(leak.stdout)")
            }
        }
    }

    @Test("overload, a storm, limits: what runs is shown, and the limits are set")
    func limits() async throws {
        try await Self.with { server in
            try await server.withWaiters(["SELECT pg_sleep(60)"], "busy") {
                try await eventually("it runs") {
                    try await server.psql(
                        "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'busy' AND state = 'active'")
                        == "1"
                }
                let shown = try await Self.run("Genuine overload", on: server)
                #expect(shown.stdout.contains("busy"), "\(shown.stdout)")
            }
            try await Self.run("A login storm", on: server)
            #expect(try await server.psql("SELECT rolconnlimit FROM pg_roles WHERE rolname = 'app'") == "50")
            try await Self.run("A limit of a role or a database", on: server)
            #expect(try await server.psql("SELECT rolconnlimit FROM pg_roles WHERE rolname = 'app'") == "100")
            let sizes = try await Self.run("No single cause", on: server)
            #expect(sizes.stdout.contains("OK: "), "\(sizes.stdout)")
        }
    }

    @Test("the pooler's own console takes a larger pool")
    func pooler() async throws {
        try await Self.with { server in
            try await PgBouncer.with(server) { pooler in
                let console = "postgresql://postgres@127.0.0.1:\(pooler.port)/pgbouncer"
                try await Self.run(
                    "The queue is at the pooler", on: server,
                    replaced: [("postgresql://pgbouncer@127.0.0.1:6432/pgbouncer", console)])
                let outcome = try await Program.run(
                    "/usr/bin/psql", ["-X", "-A", "-t", console, "-c", "SHOW CONFIG"])
                #expect(outcome.stdout.contains("default_pool_size|40"), "\(outcome)")
            }
        }
    }

    @Test("nobody gets in: a superuser over the socket, and a role for the next time, which gets in as a walsender")
    func nobody() async throws {
        try await Self.with { server in
            try await server.withSessions(10, "web") { _ in
                let socket = [
                    (
                        "postgresql:///postgres?host=/var/run/postgresql",
                        "postgresql://app@/postgres?host=\(server.folder)&port=\(server.port)"
                    )
                ]
                let seen = try await Self.run("Nobody gets in", on: server, replaced: socket)
                #expect(seen.stdout.contains("way in: superuser"), "\(seen.stdout)")
                try await Self.run("Nobody gets in", 1, on: server)
                let rescued = try await Self.run("Symptom and verdict", on: server, user: "dbctl_rescue")
                #expect(rescued.stdout.contains("way in: walsender"), "\(rescued.stdout)")
            }
        }
    }
}
