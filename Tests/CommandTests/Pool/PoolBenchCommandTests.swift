// `dbctl pool bench`: a server, many clients, few connections, P11.

import DBKit
import Foundation
import Glibc
import TestSupport
import Testing

@Suite struct PoolBenchCommandTests {
    struct Bench: Decodable {
        struct Quantiles: Decodable {
            let p50S: Double?
            let p99S: Double?
            let maxS: Double?
        }
        struct Failed: Decodable {
            let sqlstate: String?
            let code: String
            let message: String
            let count: Int
        }
        struct Pool: Decodable {
            let opened: Int
            let waits: Int
            let evicted: [String: Int]
            let failedConnects: Int
        }
        struct Server: Decodable {
            let ordinary: Int
            let usedByOthers: Int
            let ordinaryFree: Int
            let largestPool: Int
        }
        let clients: Int
        let poolSize: Int
        let durationS: Double
        let server: Server
        // Of a run only, not of a dry one.
        let transactions: Int?
        let throughputTps: Double?
        let acquire: Quantiles?
        let statementTime: Quantiles?
        let errors: [Failed]?
        let errorsTotal: Int?
        let pool: Pool?
        let peakServerConnections: Int?
        let clientsAtOneSecond: Int?
        let stillRunning: Int?
        let notes: [String]?
    }

    private func bench(_ arguments: [String], on url: String) async throws -> (
        outcome: DbctlOutcome, document: PoolRun.Document<Bench>
    ) {
        try await PoolRun.json(["bench"] + arguments, on: url, as: Bench.self)
    }

    private static let ownSessions =
        "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'dbctl pool bench%'"

    @Test("100 clients through 20 and through 50 connections: no error, P11", arguments: [20, 50])
    func hundred(_ pool: Int) async throws {
        try await TestServer.withSandbox { server in
            try await server.psql("CREATE ROLE clerk LOGIN")
            let (outcome, document) = try await bench(
                ["--clients", "100", "--pool-size", "\(pool)", "--duration", "2s"],
                on: PoolRun.url(server, user: "clerk"))
            #expect(outcome.exitCode == 0 && document.schema == "dbctl.pool.bench/1" && document.ok, "\(outcome)")
            let data = try #require(document.data)
            #expect(data.clients == 100 && data.poolSize == pool)
            #expect(data.errors?.isEmpty == true && data.errorsTotal == 0)
            let transactions = try #require(data.transactions)
            #expect(transactions >= 100 && data.durationS >= 2)
            #expect(abs((data.throughputTps ?? 0) - Double(transactions) / data.durationS) < 1)
            #expect(data.pool?.opened == pool && data.pool?.failedConnects == 0)
            #expect((data.pool?.waits ?? 0) > 0, "clients wait, for there are fewer connections")
            #expect(data.peakServerConnections == pool)
            let (p50, p99) = (try #require(data.acquire?.p50S), try #require(data.acquire?.p99S))
            #expect(p50 > 0 && p99 >= p50 && (data.acquire?.maxS ?? 0) >= p99 && (data.statementTime?.p50S ?? 0) > 0)
            #expect(data.server.ordinary == 97 && data.server.ordinaryFree == 97 - data.server.usedByOthers - pool - 1)
            #expect(data.notes?.first?.contains("leaves 20 % free") == true)
            #expect((data.clientsAtOneSecond ?? 0) > 100)
            try await eventually("no session is left") { try await server.psql(Self.ownSessions) == "0" }
        }
    }

    @Test("a nearly full server is refused with 80 and left alone; --yes goes through, P11")
    func full() async throws {
        try await TestServer.withSandbox(settings: ["max_connections": "40", "log_connections": "on"]) { server in
            try await server.psql("CREATE ROLE clerk LOGIN")
            let url = PoolRun.url(server, user: "clerk")
            try await PoolRun.holding(20, "shop", on: url) {
                let run = ["--clients", "30", "--pool-size", "12", "--duration", "1s"]
                // 37 ordinary: 20 + 12 + 1 leave 4, and 8 have to stay.
                let (refused, document) = try await bench(run, on: url)
                #expect(refused.exitCode == 80 && document.error?.code == "pool.bench_slots", "\(refused)")
                #expect(document.error?.hint?.contains("--yes") == true)
                #expect(document.error?.hint?.contains("--pool-size 8 fits") == true)
                #expect(try server.log().components(separatedBy: "authorized: user=clerk").count == 22, "one looked")
                let (dry, plan) = try await bench(run + ["--dry-run"], on: url)
                #expect(dry.exitCode == 80 && plan.error?.code == "pool.bench_slots", "\(dry)")
                let (smaller, fits) = try await bench(
                    ["--clients", "30", "--pool-size", "4", "--duration", "1s"], on: url)
                #expect(smaller.exitCode == 0 && fits.data?.errorsTotal == 0, "\(smaller)")
                let (forced, done) = try await bench(run + ["--yes"], on: url)
                #expect(forced.exitCode == 0 && done.data?.errorsTotal == 0, "\(forced)")
                #expect((done.data?.transactions ?? 0) > 0 && done.data?.pool?.opened == 12)
            }
        }
    }

    @Test("what the server refuses is counted as 53300, and the others go on, P11")
    func refusedByServer() async throws {
        try await TestServer.withSandbox(settings: ["max_connections": "20"]) { server in
            try await server.psql("CREATE ROLE clerk LOGIN")
            let url = PoolRun.url(server, user: "clerk")
            try await PoolRun.holding(10, "shop", on: url) {
                let (outcome, document) = try await bench(
                    ["--clients", "20", "--pool-size", "15", "--duration", "1s", "--yes"], on: url)
                #expect(outcome.exitCode == 1, "\(outcome)")
                let data = try #require(document.data)
                #expect(
                    data.errors?.map(\.sqlstate) == ["53300"] && data.errors?.first?.code.hasPrefix("slots.") == true)
                #expect(data.errorsTotal == data.pool?.failedConnects)
                // 17 less 10 less the one that looks on.
                #expect(data.pool?.opened == 6 && data.peakServerConnections == 6, "\(outcome)")
                #expect((data.transactions ?? 0) > 0)
            }
        }
    }

    @Test("a CONNECTION LIMIT of the role is kept, too")
    func roleLimit() async throws {
        try await TestServer.withSandbox { server in
            try await server.psql("CREATE ROLE clerk LOGIN CONNECTION LIMIT 5")
            let (outcome, document) = try await bench(
                ["--clients", "10", "--pool-size", "5", "--duration", "1s"], on: PoolRun.url(server, user: "clerk"))
            #expect(
                outcome.exitCode == 80 && document.error?.message.contains("CONNECTION LIMIT of 5") == true,
                "\(outcome)")
        }
    }

    @Test("a statement that fails is counted by SQLSTATE: exit 1; and nothing is ever written")
    func failing() async throws {
        try await TestServer.withDatabase { database in
            try await database.psql("CREATE TABLE t (a int)")
            let run = ["--clients", "4", "--pool-size", "2", "--duration", "1s"]
            let (missing, document) = try await bench(run + ["--statement", "SELECT * FROM nowhere"], on: database.url)
            #expect(missing.exitCode == 1 && !document.ok, "\(missing)")
            #expect(document.data?.errors?.map(\.sqlstate) == ["42P01"])
            #expect(document.data?.errors?.first?.count == document.data?.errorsTotal)
            #expect(document.data?.transactions == 0)
            // Four clients that pause for 100 ms after each failure.
            #expect((1...80).contains(document.data?.errorsTotal ?? 0))
            let (write, refused) = try await bench(
                run + ["--statement", "INSERT INTO public.t VALUES (1)"], on: database.url)
            #expect(write.exitCode == 1 && refused.data?.errors?.map(\.sqlstate) == ["25006"], "\(write)")
            #expect(try await database.psql("SELECT count(*) FROM t") == "0")
            let (open, left) = try await bench(run + ["--statement", "BEGIN"], on: database.url)
            #expect(open.exitCode == 64 && left.error?.code == "pool.bench_statement", "\(open)")
        }
    }

    @Test("statements longer than the run are cut off and said, not waited for")
    func long() async throws {
        try await TestServer.withDatabase { database in
            let (outcome, document) = try await bench(
                ["--clients", "4", "--pool-size", "2", "--duration", "1s", "--statement", "SELECT pg_sleep(600)"],
                on: database.url)
            // Not one transaction: the answer is no.
            #expect(outcome.exitCode == 1 && document.data?.errorsTotal == 0, "\(outcome)")
            #expect(document.data?.stillRunning == 2 && document.data?.transactions == 0)
            #expect(document.data?.notes?.contains { $0.hasPrefix("2 clients still waited") } == true)
        }
    }

    @Test("a dry run says what it would open, and opens one connection to see it")
    func dryRun() async throws {
        try await TestServer.withSandbox(settings: ["log_connections": "on"]) { server in
            try await server.psql("CREATE ROLE clerk LOGIN")
            let (outcome, document) = try await bench(["--dry-run"], on: PoolRun.url(server, user: "clerk"))
            #expect(outcome.exitCode == 0, "\(outcome)")
            #expect(
                document.data?.clients == 100 && document.data?.poolSize == 20 && document.data?.transactions == nil)
            #expect(document.data.map { $0.server.ordinaryFree + $0.server.usedByOthers } == 76)
            #expect(try server.log().components(separatedBy: "authorized: user=clerk").count == 2)
        }
    }

    @Test("stopped in the middle it ends by the signal and leaves no session", arguments: [SIGTERM, SIGINT])
    func stopped(_ number: Int32) async throws {
        try await TestServer.withSandbox { server in
            let outcome = try await TestSupport.Dbctl.withRunning(
                [
                    "pool", "bench", "--clients", "100", "--duration", "600s", "--statement", "SELECT pg_sleep(300)",
                    "--database-url", server.url,
                ]
            ) { running in
                try await eventually("all connections sleep") {
                    try await server.psql(Self.ownSessions + " AND wait_event = 'PgSleep'") == "20"
                }
                let start = ContinuousClock.now
                try running.signal(number)
                try await eventually("it ends") { running.hasEnded }
                // The contract's limit, with room for a busy machine.
                #expect(ContinuousClock.now - start < .seconds(4))
            }
            #expect(outcome.exitCode == 128 + number, "\(outcome)")
            #expect(!outcome.stderr.contains("ended by force"), "\(outcome)")
            try await eventually("no session is left") { try await server.psql(Self.ownSessions) == "0" }
        }
    }

    @Test(
        "nonsense is 64",
        arguments: [
            ["--clients", "0"], ["--clients", "10", "--pool-size", "11"], ["--pool-size", "0"], ["--duration", "0s"],
            ["--statement", " "],
        ])
    func usage(_ arguments: [String]) async throws {
        let run = try await TestSupport.Dbctl.run(
            ["pool", "bench", "--database-url", "postgresql://nobody@192.0.2.1/x"] + arguments)
        #expect(run.exitCode == 64, "\(run)")
    }
}
