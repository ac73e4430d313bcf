// Writers beside a conversion into a partitioned table: how long the slowest of their statements takes, by dbctl and by hand.

import DBKit
import Foundation

struct ConvertBench: Sendable {
    let server: BenchServer
    let program: String

    private var rows: Int { max(10_000, Int(server.scale * 10_000_000)) }
    private static let writers = 4

    func run(_ repetitions: Int) async throws -> [Table] {
        let samples = try await alternate(
            [
                contender("nobody converts") { try await Task.sleep(for: .seconds(2)) },
                contender("copy") { try await convert("copy") },
                contender("attach") { try await convert("attach") },
                contender("by hand") { try await psql(Self.byHand) },
            ], repetitions)
        var table = Table(
            title: "Conversion of \(rows) rows while \(Self.writers) sessions insert, update and delete",
            columns: ["who", "writers' longest stall, ms", "writes a second", "conversion, seconds", "target"])
        let names = [
            "nobody converts", "**dbctl partition convert --strategy copy**",
            "**dbctl partition convert --strategy attach**",
            "by hand: one transaction with `LOCK`, `INSERT … SELECT` and renames",
        ]
        for (place, name) in names.enumerated() {
            func middle(_ note: String) -> String { rounded(median(samples[place].compactMap { $0.notes[note] })) }
            table.rows.append([
                name, rounded(median(samples[place].map { $0.value * 1000 })), middle("rate"), middle("conversion"),
                [1, 2].contains(place) ? "< 250" : "",
            ])
        }
        return [table]
    }

    private var url: String {
        "postgresql://postgres@/postgres?host=\(server.sandbox.folder)&port=\(server.sandbox.port)"
    }

    private func convert(_ strategy: String) async throws {
        try await Peer.run(
            program,
            [
                "partition", "convert", "bench_convert", "--by", "at", "--every", "1 month", "--strategy", strategy,
                "--yes",
                "--quiet", "--database-url", url,
            ], [:])
    }

    /// As it is done in a window at night.
    private static let byHand = """
        BEGIN;
        LOCK TABLE bench_convert IN ACCESS EXCLUSIVE MODE;
        CREATE TABLE bench_parted (LIKE bench_convert INCLUDING DEFAULTS) PARTITION BY RANGE (at);
        SELECT format('CREATE TABLE bench_parted_%s PARTITION OF bench_parted FOR VALUES FROM (%L) TO (%L)', i,
                      timestamptz '2025-01-01' + i * interval '1 month', timestamptz '2025-01-01' + (i + 1) * interval '1 month')
        FROM generate_series(0, 26) AS i \\gexec
        INSERT INTO bench_parted SELECT * FROM bench_convert;
        ALTER TABLE bench_parted ADD PRIMARY KEY (id, at);
        CREATE INDEX ON bench_parted (account);
        ALTER TABLE bench_convert RENAME TO bench_before;
        ALTER TABLE bench_parted RENAME TO bench_convert;
        COMMIT;
        """

    private func build() async throws {
        try await psql(
            """
            DROP TABLE IF EXISTS bench_convert, bench_before CASCADE;
            DROP SCHEMA IF EXISTS dbctl CASCADE;
            SELECT format('DROP SCHEMA %I CASCADE', nspname) FROM pg_namespace WHERE nspname ~ '^dbctl_(old|new)_' \\gexec
            CREATE TABLE bench_convert (id bigserial PRIMARY KEY, at timestamptz NOT NULL, account int NOT NULL, note text);
            INSERT INTO bench_convert (at, account, note)
            SELECT timestamptz '2025-01-01' + i * interval '700 days' / \(rows), i % 5000, md5(i::text) FROM generate_series(1, \(rows)) AS i;
            CREATE INDEX ON bench_convert (account);
            VACUUM ANALYZE bench_convert;
            CHECKPOINT;
            """)
    }

    private func psql(_ sql: String) async throws {
        try await withSQL(sql) { file in
            try await server.peer("psql", ["-X", "-q", "-v", "ON_ERROR_STOP=1", "-o", "/dev/null", "-f", file])
        }
    }

    private func withSQL(_ sql: String, _ body: (String) async throws -> Void) async throws {
        let file = FileManager.default.temporaryDirectory.appending(path: "dbctl-bench-\(UUID().uuidString).sql")
        try Data(sql.utf8).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        try await body(file.path)
    }

    /// The longest statement of any writer counts.
    private func contender(_ name: String, _ body: @escaping @Sendable () async throws -> Void) -> Contender {
        Contender(name: name) {
            try await build()
            let stop = Stop()
            return try await withThrowingTaskGroup(of: (longest: Duration, count: Int).self) { group in
                for number in 0..<Self.writers { group.addTask { try await write(number, until: stop) } }
                // So that each of them is at it.
                try await Task.sleep(for: .seconds(1))
                let begun = ContinuousClock.now
                do {
                    try await body()
                } catch {
                    await stop.set()
                    throw error
                }
                let took = (ContinuousClock.now - begun) / .seconds(1)
                await stop.set()
                var sample = Sample(value: 0, processorTime: 0, notes: ["conversion": took])
                var count = 0
                for try await writer in group {
                    sample.value = max(sample.value, writer.longest / .seconds(1))
                    count += writer.count
                }
                sample.notes["rate"] = Double(count) / (took + 1)
                return sample
            }
        }
    }

    private func write(_ number: Int, until stop: Stop) async throws -> (longest: Duration, count: Int) {
        var settings = server.session
        settings.lockTimeout = .zero
        settings.searchPath = "public"
        let rows = rows
        return try await Connection.with(server.parameters, settings: settings) { connection in
            var longest = Duration.zero
            var count = 0
            while await !stop.isSet {
                let id = Int.random(in: 1...rows)
                let kind = count % 3
                let begun = ContinuousClock.now
                try await connection.run { session in
                    switch kind {
                    case 0: _ = try session.execute("UPDATE bench_convert SET note = 'written' WHERE id = \(id)")
                    case 1: _ = try session.execute("DELETE FROM bench_convert WHERE id = \(id)")
                    default:
                        _ = try session.execute(
                            "INSERT INTO bench_convert (at, account) VALUES ('2026-06-06', \(number))")
                    }
                }
                longest = max(longest, ContinuousClock.now - begun)
                count += 1
                // A load, not a flood: what is measured is the wait, not the machine's lack of cores.
                try await Task.sleep(for: .milliseconds(2))
            }
            return (longest, count)
        }
    }

    private actor Stop {
        private(set) var isSet = false
        func set() { isSet = true }
    }
}
