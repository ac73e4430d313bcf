// SELECT 1 by many clients at once, over a connection each and over a pool, against pgbench with the same number of
// server connections and the same (extended) protocol.

import DBKit
import Foundation

struct SelectBench: Sendable {
    let server: BenchServer
    let seconds: Int

    func run(_ repetitions: Int) async throws -> Table {
        var table = Table(
            title: "`SELECT 1` by 100 clients",
            columns: ["who", "tps", "p50 ms", "p99 ms", "client CPU µs each", "against its pgbench", "target"])
        let rows: [(name: String, base: Int?, target: String)] = [
            ("`pgbench -c 100 -j 2 -M extended`", nil, ""),
            ("100 `Connection`s, a client each", 0, ""),
            ("`pgbench -c 20 -j 2 -M extended`", nil, ""),
            ("`ConnectionPool` of 20, 100 clients", 2, "≥ 0.9, p99 ≤ 3 × p50"),
        ]
        let samples = try await alternate(
            [
                Contender(name: "pgbench -c 100") { try await pgbench(100) },
                Contender(name: "100 connections") { try await connections(100) },
                Contender(name: "pgbench -c 20") { try await pgbench(20) },
                Contender(name: "pool of 20, 100 clients") { try await pool(20, clients: 100) },
            ], repetitions)
        for (row, runs) in zip(rows, samples) {
            let rate = median(runs.map(\.value))
            table.rows.append([
                row.name, rounded(rate), rounded(median(runs.map { $0.notes["p50"] ?? .nan })),
                rounded(median(runs.map { $0.notes["p99"] ?? .nan })), rounded(median(runs.map(\.processorTime)) * 1e6),
                row.base.map { rounded(rate / median(samples[$0].map(\.value))) } ?? "", row.target,
            ])
        }
        return table
    }

    /// The latencies come from its log of every 20th transaction: logging all of them would slow it down.
    private func pgbench(_ clients: Int) async throws -> Sample {
        let folder = "\(NSTemporaryDirectory())/dbctl-bench-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try "SELECT 1;\n".write(toFile: "\(folder)/select.sql", atomically: true, encoding: .utf8)
        let arguments = [
            "-n", "-c", "\(clients)", "-j", "2", "-M", "extended", "-T", "\(seconds)", "-f", "select.sql", "-l",
            "--sampling-rate", "0.05",
        ]
        let before = processorTime(children: true)
        let said = try await Peer.output(
            server.sandbox.binaries.program("pgbench"), arguments, server.environment, folder: folder)
        guard let rate = said.firstMatch(of: /tps = ([0-9.]+)/).flatMap({ Double($0.output.1) }) else {
            throw BenchError("pgbench printed no tps: \(said)")
        }
        var latencies: [Double] = []
        for file in try FileManager.default.contentsOfDirectory(atPath: folder) where file.hasPrefix("pgbench_log") {
            for line in try String(contentsOfFile: "\(folder)/\(file)", encoding: .utf8).split(separator: "\n") {
                let fields = line.split(separator: " ")
                if fields.count > 2, let microseconds = Double(fields[2]) { latencies.append(microseconds / 1e6) }
            }
        }
        return summary(latencies, rate: rate, processorTime: processorTime(children: true) - before)
    }

    private func connections(_ count: Int) async throws -> Sample {
        var connections: [Connection] = []
        for _ in 0..<count {
            connections.append(try await Connection.open(server.parameters, settings: server.session))
        }
        let open = connections
        let sample = try await load(clients: count) { client in
            try await open[client].run { try SelectBench.select($0) }
        }
        for connection in open { await connection.close() }
        return sample
    }

    private func pool(_ size: Int, clients: Int) async throws -> Sample {
        let pool = ConnectionPool(server.parameters, session: server.session, PoolSettings(maximum: size))
        let leases = try await withThrowingTaskGroup(of: Lease.self) { group in
            for _ in 0..<size { group.addTask { try await pool.lease() } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        for lease in leases { lease.release() }
        let sample = try await load(clients: clients) { _ in
            try await pool.withConnection { try SelectBench.select($0) }
        }
        await pool.drain()
        return sample
    }

    private static func select(_ session: Session) throws {
        let one: Int = try session.row("SELECT 1 AS one").value("one")
        guard one == 1 else { throw BenchError("SELECT 1 is \(one)") }
    }

    /// As many tasks as clients, each with one request after the other.
    private func load(clients: Int, _ work: @escaping @Sendable (Int) async throws -> Void) async throws -> Sample {
        let start = ContinuousClock.now
        let end = start + .seconds(seconds)
        let before = processorTime()
        let latencies = try await withThrowingTaskGroup(of: [Double].self) { group in
            for client in 0..<clients {
                group.addTask {
                    var mine: [Double] = []
                    var now = ContinuousClock.now
                    while now < end {
                        try await work(client)
                        let done = ContinuousClock.now
                        mine.append((done - now) / .seconds(1))
                        now = done
                    }
                    return mine
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        let wall = (ContinuousClock.now - start) / .seconds(1)
        return summary(latencies, rate: Double(latencies.count) / wall, processorTime: processorTime() - before)
    }

    private func summary(_ latencies: [Double], rate: Double, processorTime: Double) -> Sample {
        let sorted = latencies.sorted()
        func percentile(_ share: Double) -> Double {
            sorted.isEmpty ? .nan : sorted[min(sorted.count - 1, Int(Double(sorted.count) * share))] * 1000
        }
        return Sample(
            value: rate, processorTime: processorTime / max(rate * Double(seconds), 1),
            notes: ["p50": percentile(0.5), "p99": percentile(0.99)])
    }
}
