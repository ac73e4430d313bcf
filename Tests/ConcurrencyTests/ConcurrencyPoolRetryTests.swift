// What is tried again, and above all what is not.

import Foundation
import Postgres
import Sandbox
import TestServers
import Testing

@Suite struct ConcurrencyPoolRetryTests {
    @Test("no free slot (53300) is waited for; the timeout names it as the last connect error")
    func noSlot() async throws {
        let server = try await TestServer.shared()
        let role = TestServer.uniqueName("limited")
        try await server.psql("CREATE ROLE \(role) LOGIN CONNECTION LIMIT 1")
        try await finally {
            let url = "postgresql://\(role)@127.0.0.1:\(server.port)/postgres"
            let first = try await Connection.open(
                ConnectionParameters(url: url), settings: SessionSettings(applicationName: "holder"))
            var settings = PoolSettings(maximum: 2)
            settings.connectRetry = RetryPolicy(attempts: .max, base: .milliseconds(2), cap: .milliseconds(10))
            try await withPool(url, settings) { fixture in
                let pool = fixture.pool
                let waiting = Task { try await pool.ping() }
                try await eventually("it tries again") { pool.metrics.failedConnects > 2 }
                let error = await #expect(throws: PoolError.self) { try await pool.lease(timeout: .milliseconds(5)) }
                #expect(error?.lastConnectError?.sqlState == .tooManyConnections)
                #expect(error?.counts == PoolCounts(total: 1, opening: 1, waiting: 2))
                await first.close()
                try await waiting.value
                #expect(pool.metrics.lastConnectError == nil)
            }
        } cleanUp: {
            try await eventually("nobody uses the role") {
                try await server.psql("SELECT count(*) FROM pg_stat_activity WHERE usename = '\(role)'") == "0"
            }
            try await server.psql("DROP ROLE \(role)")
        }
    }

    @Test("a wrong password (28P01) is tried once, however many wait, and all of them hear of it")
    func wrongPassword() async throws {
        try await TestServer.withSandbox(authentication: .scram) { sandbox in
            let url = "postgresql://postgres:wrong@127.0.0.1:\(sandbox.port)/postgres?sslmode=disable"
            try await withPool(url, PoolSettings(minimum: 2, maximum: 10)) { fixture in
                let pool = fixture.pool
                // All of them wait before the first attempt can fail.
                let clients = (0..<20).map { _ in Task { try await pool.ping() } }
                for client in clients {
                    let error = await #expect(throws: PostgresError.self) { try await client.value }
                    #expect(error?.sqlState == SQLState("28P01"))
                }
                let failures = try sandbox.log().components(separatedBy: "password authentication failed").count - 1
                #expect(failures == pool.metrics.failedConnects)
                // The clients of one batch share one attempt; a client that starts later makes its own.
                #expect(failures < 20)
            }
        }
    }

    @Test("a missing database (3D000) is not tried again")
    func missingDatabase() async throws {
        let server = try await TestServer.shared()
        let url = "postgresql://postgres@127.0.0.1:\(server.port)/no_such_database"
        try await withPool(url, PoolSettings(maximum: 10)) { fixture in
            let error = await #expect(throws: PostgresError.self) { try await fixture.pool.ping() }
            #expect(error?.sqlState == .invalidCatalogName)
            #expect(fixture.pool.metrics.failedConnects == 1)
        }
    }

    @Test("a server that is down is waited for (refused), and one that starts (57P03), too")
    func serverDown() async throws {
        try await TestServer.withSandbox { sandbox in
            var settings = PoolSettings(maximum: 2)
            settings.connectRetry.cap = .milliseconds(50)
            try await sandbox.stopServer(.immediate)
            try await withPool(sandbox.url, settings) { fixture in
                let pool = fixture.pool
                let waiting = Task { try await pool.ping() }
                try await eventually("it tries again") { pool.metrics.failedConnects > 2 }
                try await sandbox.startServer()
                try await waiting.value
            }
        }
    }

    @Test("a serialization failure that COMMIT reports is run again, with all of the body")
    func conflictAtCommit() async throws {
        try await TestServer.withDatabase { database in
            try await database.psql("CREATE TABLE public.duty (doctor int PRIMARY KEY, is_on bool NOT NULL)")
            try await database.psql("INSERT INTO public.duty VALUES (1, true), (2, true)")
            let parameters = ConnectionParameters(url: database.url)
            try await withPool(database.url, PoolSettings(maximum: 1)) { fixture in
                let pool = fixture.pool
                let serializable = TransactionMode(isolation: .serializable)
                let ends = Journal<Int>()
                let seen: Int = try await pool.transaction(serializable) { session in
                    let onDuty: Int = try session.row(
                        "SELECT count(*) FILTER (WHERE is_on) AS n FROM public.duty"
                    ).value("n")
                    if onDuty == 2 {
                        try session.execute("UPDATE public.duty SET is_on = false WHERE doctor = 1")
                        // Write skew: the other one reads both, too, goes off duty and commits first.
                        let rival = try Session.connect(parameters, settings: SessionSettings(applicationName: "rival"))
                        try rival.transaction(serializable) { rival in
                            _ = try rival.rows("SELECT * FROM public.duty")
                            try rival.execute("UPDATE public.duty SET is_on = false WHERE doctor = 2")
                        }
                        rival.close()
                    }
                    // Reached both times: the first failure can only have come from COMMIT.
                    ends.add(onDuty)
                    return onDuty
                }
                #expect(ends.all == [2, 1])
                #expect(seen == 1)
                #expect(pool.metrics.retriedTransactions == 1)
                #expect(try await database.psql("SELECT count(*) FROM public.duty WHERE is_on") == "1")
            }
        }
    }

    @Test("a COMMIT whose answer was lost is not repeated, and the error says that nobody knows")
    func lostCommit() async throws {
        try await TestServer.withDatabase { database in
            try await database.psql("CREATE TABLE public.payment (id int)")
            try await TCPProxy.withProxy(to: database.server.port) { proxy in
                let url = "postgresql://postgres@127.0.0.1:\(proxy.port)/\(database.name)?sslmode=disable"
                try await withPool(url, PoolSettings(maximum: 1)) { fixture in
                    let runs = Journal<Int>()
                    let error = await #expect(throws: PostgresError.self) {
                        try await fixture.pool.transaction { session in
                            runs.add(1)
                            try session.execute("INSERT INTO public.payment VALUES (1)")
                            proxy.cut(after: 0, .fromServer)
                        }
                    }
                    #expect(error?.isOutcomeUnknown == true)
                    #expect(error?.isConnectionLost == true)
                    #expect(runs.all.count == 1)
                    #expect(fixture.pool.metrics.retriedTransactions == 0)
                    try await eventually("the payment was made all the same") {
                        try await database.psql("SELECT count(*) FROM public.payment") == "1"
                    }
                    #expect(fixture.pool.metrics.evictions == [.lost: 1])
                }
            }
        }
    }

    @Test("of a primary and a standby, the read-write pool finds the one, the read-only pool the other")
    func access() async throws {
        try await TestServer.withSandbox { primary in
            try await TestServer.withSandbox(files: ["standby.signal": []]) { standby in
                let hosts = "127.0.0.1:\(standby.port),127.0.0.1:\(primary.port)"
                var settings = PoolSettings(maximum: 1)
                settings.access = .readWrite
                try await withPool("postgresql://postgres@\(hosts)/postgres", settings) { fixture in
                    try await fixture.pool.transaction { try $0.execute("CREATE TABLE public.written ()") }
                }
                settings.access = .readOnly
                let reversed = "127.0.0.1:\(primary.port),127.0.0.1:\(standby.port)"
                try await withPool("postgresql://postgres@\(reversed)/postgres", settings) { fixture in
                    let isStandby: Bool = try await fixture.pool.transaction {
                        try $0.row("SELECT pg_is_in_recovery() AS yes").value("yes")
                    }
                    #expect(isStandby)
                }
                // The primary stands in, but takes no writes from this pool.
                try await withPool(primary.url, settings) { fixture in
                    let error = await #expect(throws: PostgresError.self) {
                        try await fixture.pool.withConnection { try $0.execute("CREATE TABLE public.other ()") }
                    }
                    #expect(error?.sqlState == SQLState("25006"))
                    let refused = await #expect(throws: PostgresError.self) {
                        try await fixture.pool.transaction(.readWrite) { _ in }
                    }
                    #expect(refused?.kind == .usage)
                }
            }
        }
    }
}
