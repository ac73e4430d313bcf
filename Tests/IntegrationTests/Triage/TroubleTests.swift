// Each kind of trouble on real servers, and its verdict: P5, P6.

import Foundation
import TestSupport
import Testing

@testable import DBKit
@testable import Triage

@Suite struct TroubleTests {
    private static let orders = "CREATE ROLE app LOGIN; CREATE TABLE orders (id int); ALTER TABLE orders OWNER TO app"

    @Test(
        "20 sessions pile up behind an ALTER TABLE that waits for an open transaction, P6", arguments: TestServer.majors
    )
    func pileupBehindDefinition(_ major: Int) async throws {
        try await TestServer.withSandbox(major: major) { server in
            try await server.psql(Self.orders)
            try await server.withSessions(1, "forgotten") { forgotten in
                try await forgotten[0].run { session in
                    try session.execute("BEGIN")
                    _ = try session.rows("SELECT * FROM public.orders")
                }
                try await server.withWaiters(["ALTER TABLE public.orders ADD x int"], "migrate") {
                    _ = try await server.observe(until: "the definition waits") { $0.lockWaits.count == 1 }
                    try await server.withWaiters(Array(repeating: "SELECT count(*) FROM public.orders", count: 19)) {
                        let seen = try await server.observe(until: "20 wait") { $0.lockWaits.count == 20 }
                        let verdict = seen.verdict
                        #expect(verdict.code == .lockPileupDdl, "\(verdict.text)")
                        #expect(verdict.nextCommand == "dbctl pool kill --root-blocker")
                        #expect(verdict.text.contains("20 sessions wait") && verdict.text.contains("public.orders"))
                        let root = try #require(verdict.lockTree.first)
                        #expect(verdict.lockTree.count == 1)
                        #expect(root.pid == seen.session("forgotten")?.pid && root.victims == 20 && root.depth == 2)
                        #expect(root.applicationName == "forgotten" && root.backendStart != nil)
                        #expect(try Observation(recorded: seen.recorded()) == seen)
                    }
                }
            }
        }
    }

    @Test("read off the lock table without the server's own answer, the tree has the same root and victims")
    func derived() async throws {
        try await TestServer.withSandbox { server in
            try await server.psql(Self.orders)
            try await server.withSessions(1, "holder") { holder in
                try await holder[0].run { session in
                    try session.execute("BEGIN")
                    try session.execute("INSERT INTO public.orders VALUES (1)")
                }
                let definitions =
                    Array(repeating: "BEGIN; LOCK TABLE public.orders IN SHARE MODE", count: 4)
                    + Array(repeating: "BEGIN; LOCK TABLE public.orders", count: 3)
                try await server.withWaiters(definitions) {
                    _ = try await server.observe(until: "7 wait") { $0.lockWaits.count == 7 }
                    // Readers come in until somebody waits for the whole table.
                    try await server.withWaiters(Array(repeating: "SELECT count(*) FROM public.orders", count: 5)) {
                        _ = try await server.observe(until: "12 wait") { $0.lockWaits.count == 12 }
                        let connection = try await server.open("look", user: "postgres")
                        let (told, ruled) = try await connection.closing { connection in
                            try await connection.run { session in
                                var told = LockTable(entries: [])
                                for row in try session.rows(Query(embedded: Observer.locksQuery)) {
                                    if try row.value("kind", as: String.self) == "lock" {
                                        told.entries.append(try LockTable.Entry(row))
                                    }
                                }
                                var ruled = told
                                for index in ruled.entries.indices { ruled.entries[index].blockers = nil }
                                return (LockTree(told.waits()), LockTree(ruled.waits()))
                            }
                        }
                        #expect(told.roots.map(\.victims.count) == [12])
                        #expect(ruled.roots.map(\.holders) == told.roots.map(\.holders))
                        #expect(ruled.roots.map(\.victims) == told.roots.map(\.victims))
                    }
                }
            }
        }
    }

    @Test("a prepared transaction is a root without a process, and its name ends it, P6", arguments: TestServer.majors)
    func preparedTransaction(_ major: Int) async throws {
        try await TestServer.withSandbox(major: major, settings: ["max_prepared_transactions": "5"]) { server in
            try await server.psql(Self.orders)
            try await server.psql("BEGIN; SELECT FROM orders; PREPARE TRANSACTION 'harmless'")
            try await server.psql(
                "BEGIN; SAVEPOINT s; INSERT INTO orders VALUES (1); PREPARE TRANSACTION 'it''s guilty'")
            try await server.withWaiters(Array(repeating: "BEGIN; LOCK TABLE public.orders IN SHARE MODE", count: 3)) {
                let seen = try await server.observe(until: "three wait") { $0.lockWaits.count == 3 }.later(5)
                let verdict = seen.verdict
                #expect(verdict.code == .preparedTransaction, "\(verdict.text)")
                #expect(verdict.nextCommand == "ROLLBACK PREPARED 'it''s guilty'")
                #expect(verdict.lockTree.map(\.pid) == [0] && verdict.lockTree.map(\.gid) == ["it's guilty"])
                #expect(verdict.lockTree.map(\.victims) == [3])
                #expect(verdict.xminHolders.contains { $0.source == .prepared && $0.name == "it's guilty" })
                try await server.psql(try #require(verdict.nextCommand))
                _ = try await server.observe(until: "nobody waits") { $0.lockWaits.isEmpty }
            }
        }
    }

    @Test("sessions idle in transaction, told by their age", arguments: TestServer.majors)
    func idleInTransaction(_ major: Int) async throws {
        try await TestServer.withSandbox(major: major) { server in
            try await server.psql(Self.orders)
            try await server.withSessions(2, "worker") { workers in
                try await workers[0].run { session in
                    try session.execute("BEGIN")
                    try session.execute("INSERT INTO public.orders VALUES (1)")
                }
                let seen = try await server.observe(until: "one is idle in transaction") {
                    $0.sessions.contains { $0.isIdleInTransaction }
                }
                #expect(seen.verdict.code == .healthy)
                let verdict = seen.later(400).verdict
                #expect(verdict.code == .idleInTransaction)
                #expect(verdict.nextCommand == "dbctl pool kill --idle-in-transaction 5m")
                #expect(verdict.evidence.contains { $0.contains("INSERT INTO public.orders") })
                try await server.withWaiters(["TRUNCATE public.orders"]) {
                    let waiting = try await server.observe(until: "it waits") { $0.lockWaits.count == 1 }.later(2)
                    #expect(waiting.verdict.code == .lockPileupIdleInTransaction, "\(waiting.verdict.text)")
                }
            }
        }
    }

    @Test("one application keeps all the slots and does nothing", arguments: TestServer.majors)
    func leak(_ major: Int) async throws {
        try await TestServer.withSandbox(major: major, settings: ["max_connections": "20"]) { server in
            try await server.psql("CREATE ROLE app LOGIN")
            try await server.withSessions(15, "billing") { _ in
                try await server.withSessions(2, "web") { _ in
                    let seen = try await server.observe(until: "17 sessions") { $0.sessions.count == 17 }
                    let verdict = seen.later(3600).verdict
                    #expect(verdict.code == .leak, "\(verdict.text)")
                    #expect(verdict.nextCommand == "dbctl pool kill --stale 1h --app billing --max 15")
                    #expect(verdict.budget.text == "17 of 20 connections used, 3 reserved: 0 ordinary slots free")
                    #expect(seen.later(2).verdict.code == .leak, "never taken up again")
                }
            }
        }
    }

    @Test("a slot that nobody uses holds back clean-up, and dropping it helps", arguments: TestServer.majors)
    func replicationSlot(_ major: Int) async throws {
        try await TestServer.withSandbox(major: major, settings: ["wal_level": "logical"]) { server in
            try await server.psql("SELECT pg_create_logical_replication_slot('old', 'pgoutput')")
            let before = try await server.observe()
            #expect(before.verdict.code == .healthy && before.replicationSlots.map(\.isActive) == [false])
            #expect(before.verdict.xminHolders.map(\.source) == [.slot])
            // A transaction number for each turn.
            try await server.psql(
                """
                CREATE TABLE t (id int);
                DO $$ BEGIN FOR i IN 1..101000 LOOP
                    BEGIN INSERT INTO t VALUES (i); EXCEPTION WHEN division_by_zero THEN NULL; END;
                END LOOP; END $$
                """)
            let seen = try await server.observe()
            #expect(seen.verdict.code == .replicationSlot, "\(seen.verdict.text)")
            #expect(seen.verdict.nextCommand == "SELECT pg_drop_replication_slot('old')")
            #expect((seen.replicationSlots[0].inactiveSince != nil) == (major >= 17))
            try await server.psql(try #require(seen.verdict.nextCommand))
            #expect(try await server.observe().verdict.code == .healthy)
        }
    }

    @Test("clients wait at a real pgbouncer while the server has room, P12")
    func poolTooSmall() async throws {
        try await TestServer.withSandbox { server in
            try await PgBouncer.with(server, connections: 1) { pooler in
                let url = "postgresql://postgres@127.0.0.1:\(pooler.port)/postgres"
                let tasks = (0..<3).map { _ in Task { try await Program.psql(url, "SELECT pg_sleep(600)", times: 1) } }
                try await finally {
                    var seen = try await server.observe(until: "the pooler's session") { $0.sessions.count == 1 }
                    try await eventually("clients have waited for a second") {
                        let console = try await self.console(pooler)
                        seen.pooler = console
                        return console.pools.contains { $0.clientsWaiting == 2 && $0.longestWaitS >= 1 }
                    }
                    #expect(seen.pooler?.databases.first { $0.name == "postgres" }?.poolSize == 1)
                    #expect(seen.verdict.code == .poolTooSmall, "\(seen.verdict.text)")
                    #expect(
                        seen.verdict.nextCommand
                            == "SET default_pool_size = 3 -- in pgbouncer's console, and in pgbouncer.ini")
                } cleanUp: {
                    try await server.psql(
                        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query ~ '^SELECT pg_sleep'")
                    for task in tasks { task.cancel() }
                }
            }
        }
    }

    /// What the console says, through stock psql.
    private func console(_ pooler: PgBouncer) async throws -> PoolerObservation {
        func show(_ what: String) async throws -> PoolerTable {
            let outcome = try await Program.run(
                "/usr/bin/psql",
                [
                    "-X", "-A", "-F", "|", "-P", "footer=off",
                    "postgresql://postgres@127.0.0.1:\(pooler.port)/pgbouncer",
                ],
                input: "SHOW \(what);\n")
            guard outcome.exitCode == 0 else { throw TestSupportError(outcome.stderr) }
            let lines = outcome.stdout.split(separator: "\n").map {
                $0.split(separator: "|", omittingEmptySubsequences: false).map(String.init)
            }
            return PoolerTable(columns: lines.first ?? [], rows: lines.dropFirst().map { $0 })
        }
        return PoolerObservation(
            pools: try await show("POOLS"), databases: try await show("DATABASES"),
            clients: try await show("CLIENTS"), servers: try await show("SERVERS"), stats: try await show("STATS"))
    }
}
