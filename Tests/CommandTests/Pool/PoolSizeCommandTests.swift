// `dbctl pool size`: the recommendation of a real server, P10.

import DBKit
import Foundation
import TestSupport
import Testing

@Suite struct PoolSizeCommandTests {
    struct Size: Decodable {
        struct Input: Decodable {
            let name: String
            let value: Double?
            let source: String
            let from: String
        }
        struct Term: Decodable {
            let name: String
            let formula: String
            let calculation: String
            let total: Double
            let perInstance: Double
            let size: Int
        }
        let poolSize: Int
        let maxOverflow: Int
        let defaultPoolSize: Int
        let minimum: Int
        let decidedBy: String
        let deadlockFloor: Int?
        let isPossible: Bool
        let inputs: [Input]
        let terms: [Term]
        let obstacles: [String]
        let warnings: [String]
        let notes: [String]

        func input(_ name: String) -> Input? { inputs.first { $0.name == name } }
        func term(_ name: String) -> Term? { terms.first { $0.name == name } }
    }

    private func size(_ arguments: [String], on url: String) async throws -> (outcome: DbctlOutcome, data: Size) {
        let (outcome, document) = try await PoolRun.json(["size"] + arguments, on: url, as: Size.self)
        #expect(document.schema == "dbctl.pool.size/1" && document.exit == outcome.exitCode)
        return (outcome, try #require(document.data, "\(outcome)"))
    }

    @Test("an ordinary role gets every term, with what it cannot see said, P10", arguments: [15, 18])
    func ordinaryRole(_ major: Int) async throws {
        try await TestServer.withSandbox(major: major, settings: ["max_connections": "50"]) { server in
            try await server.psql("CREATE ROLE shop LOGIN; CREATE ROLE other LOGIN")
            let url = PoolRun.url(server, user: "shop")
            try await PoolRun.holding(3, "web", on: url) {
                try await PoolRun.holding(7, "reports", on: PoolRun.url(server, user: "other"), beside: 3) {
                    let (outcome, data) = try await size(
                        ["--cores", "4", "--rate", "1000", "--hold", "20ms", "--instances", "2", "--app", "web"],
                        on: url)
                    #expect(outcome.exitCode == 0, "\(outcome)")
                    #expect(data.input("others")?.value == 7 && data.input("others")?.source == "measured")
                    #expect(data.input("own")?.value == 3)
                    #expect(
                        data.input("ordinary")?.value == 47 && data.input("max_connections")?.source == "configuration")
                    #expect(data.input("cores")?.source == "flag" && data.input("surge")?.source == "assumed")
                    // (4 × 2 + 1) / 2, 1000 × 0.02 × 1.25 / 2, (47 × 0.8 − 7) / (2 × 1.5)
                    #expect(data.terms.map(\.name) == ["hardware", "demand", "slots"])
                    #expect(data.terms.map(\.size) == [4, 13, 10])
                    #expect(data.poolSize == 4 && data.minimum == 4 && data.decidedBy == "hardware")
                    #expect(data.maxOverflow == 4 && data.defaultPoolSize == 9 && data.deadlockFloor == 1)
                    #expect(data.notes.contains { $0.contains("may not see") })
                }
            }
        }
    }

    @Test("the verdict first, then inputs, terms, and what to paste")
    func human() async throws {
        let server = try await TestServer.shared()
        let run = try await TestSupport.Dbctl.run(
            ["pool", "size", "--cores", "4", "--sample", "0s", "--app", "nobody", "--database-url", server.url])
        #expect(run.exitCode == 0, "\(run)")
        #expect(run.stdout.hasPrefix("SIZE: pool_size 9, max_overflow 9 for one instance (hardware decides"))
        let order = [
            "INPUT", "cores", "TERM", "(4 × 2 + 1) / 1", "pool_size=9, max_overflow=9", "default_pool_size = 9",
        ]
        var rest = run.stdout[...]
        for part in order {
            let hit = try #require(rest.range(of: part), "\(part) is missing or in another place\n\(run.stdout)")
            rest = rest[hit.upperBound...]
        }
    }

    @Test("a load is measured by two looks, on any version, P10", arguments: [15, 18])
    func measured(_ major: Int) async throws {
        try await TestServer.withSandbox(major: major) { server in
            try await withTemporaryFolder { folder in
                let script = "\(folder)/load.sql"
                // A transaction that touches no table is not counted until one does (seen on 15 and 18).
                try await server.psql("CREATE TABLE load AS SELECT 1 AS a")
                try "SELECT pg_sleep(0.02) FROM load;\n".write(toFile: script, atomically: true, encoding: .utf8)
                let load = Task {
                    try await Program.run(
                        server.binaries.program("pgbench"), ["-n", "-c", "4", "-T", "600", "-f", script],
                        environment: [
                            "PGHOST": "127.0.0.1", "PGPORT": "\(server.port)", "PGUSER": "postgres",
                            "PGDATABASE": "postgres",
                        ])
                }
                try await finally {
                    try await eventually("pgbench is at it") {
                        try await server.psql(
                            "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'pgbench'") == "4"
                    }
                    let (outcome, data) = try await size(["--app", "pgbench", "--sample", "5s"], on: server.url)
                    #expect(outcome.exitCode == 0, "\(outcome)")
                    let rate = try #require(data.input("rate")?.value, "\(outcome)")
                    let hold = try #require(data.input("hold_s")?.value, "\(outcome)")
                    #expect(data.input("rate")?.source == "measured" && data.input("hold_s")?.source == "measured")
                    // Four sessions that sleep 20 ms each cannot be faster than that; the clocks of both figures are flushed
                    // by the second.
                    #expect(rate > 4 && rate < 300, "\(outcome)")
                    #expect(hold > 0.015, "\(outcome)")
                    #expect(abs((data.term("demand")?.total ?? 0) - rate * hold * 1.25) < 0.01)
                    #expect(data.input("own")?.value == 4)
                    // The server's process is on this machine.
                    #expect(data.input("cores")?.source == "measured" && (data.input("cores")?.value ?? 0) >= 1)
                } cleanUp: {
                    try await server.psql(
                        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'pgbench'")
                    _ = try await load.value
                }
            }
        }
    }

    @Test("a floor that the slots do not allow is exit 1 and says what to change, P10")
    func deadlock() async throws {
        try await TestServer.withSandbox(settings: ["max_connections": "30"]) { server in
            let floor = ["--workers", "10", "--connections-per-worker", "2", "--cores", "2", "--sample", "0s"]
            let (high, fits) = try await size(floor, on: server.url)
            // 10 × (2 − 1) + 1 = 11, above 5; (27 × 0.8) / 1.5 = 14.4
            #expect(
                high.exitCode == 0 && fits.poolSize == 11 && fits.minimum == 5 && fits.deadlockFloor == 11, "\(high)")
            #expect(fits.obstacles.first == "floor_decides")
            let (none, blocked) = try await size(floor + ["--instances", "2"], on: server.url)
            #expect(none.exitCode == 1 && !blocked.isPossible && blocked.poolSize == 7, "\(none)")
            #expect(blocked.obstacles.first == "deadlock")
            #expect(blocked.warnings.first?.contains("--connections-per-worker") == true)
            let person = try await TestSupport.Dbctl.run(
                ["pool", "size", "--instances", "2", "--database-url", server.url] + floor)
            #expect(person.exitCode == 1 && person.stdout.hasPrefix("NO SIZE FITS"))
        }
    }

    @Test(
        "nonsense is 64",
        arguments: [
            ["--instances", "0"], ["--surge", "0.5"], ["--rate", "0"], ["--hold", "0s"], ["--cores", "-1"],
            ["--connections-per-worker", "2"], ["--dry-run"],
        ])
    func usage(_ arguments: [String]) async throws {
        let run = try await TestSupport.Dbctl.run(
            ["pool", "size", "--database-url", "postgresql://nobody@192.0.2.1/x"] + arguments)
        #expect(run.exitCode == 64, "\(run)")
    }
}
