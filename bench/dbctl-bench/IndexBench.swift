// Writers beside the build of an index: how long the slowest of their statements takes, by dbctl and by plain CREATE INDEX.

import DBKit
import Foundation

struct IndexBench: Sendable {
    let server: BenchServer
    let program: String

    private var rows: Int { max(10_000, Int(server.scale * 10_000_000)) }
    private static let writers = 4

    func run(_ repetitions: Int) async throws -> [Table] {
        try await build()
        let samples = try await alternate(
            [
                contender("no build") { try await Task.sleep(for: .seconds(2)) },
                contender("dbctl index create") {
                    try await Peer.run(
                        program, ["index", "create", "bench_index", "a", "b DESC", "--quiet", "--database-url", url],
                        [:])
                },
                contender("CREATE INDEX") {
                    try await psql("CREATE INDEX bench_index_a_b_idx ON bench_index (a, b DESC)")
                },
            ], repetitions)
        var table = Table(
            title: "Index on \(rows) rows while \(Self.writers) sessions write",
            columns: ["who", "writers' longest stall, ms", "writes a second", "build, seconds", "target"])
        let names = ["nobody builds", "**dbctl index create**", "plain `CREATE INDEX`"]
        for (place, name) in names.enumerated() {
            func middle(_ note: String) -> String { rounded(median(samples[place].compactMap { $0.notes[note] })) }
            table.rows.append([
                name, rounded(median(samples[place].map { $0.value * 1000 })), middle("rate"), middle("build"),
                place == 1 ? "≤ 100" : "",
            ])
        }
        return [table, try await blockers(repetitions)]
    }

    /// From the beginning of the build to the first word about whom it waits for, I3.
    private func blockers(_ repetitions: Int) async throws -> Table {
        try await psql("CREATE TABLE bench_other (a int)")
        let samples = try await alternate([Contender(name: "blocked") { try await firstWord() }], repetitions)
        var table = Table(
            title: "An index that waits for an old snapshot", columns: ["what", "seconds", "target"])
        table.rows.append([
            "its blocker is shown after", rounded(median(samples[0].map(\.value))),
            "≤ 2, the scan of the table included",
        ])
        return table
    }

    private func firstWord() async throws -> Sample {
        try await psql("DROP INDEX IF EXISTS bench_index_b_idx")
        let clock = FirstWord()
        let id = RunID.make()
        var request = IndexRequest(
            server: server.parameters,
            run: OperationLog.Run(
                id: id, command: "index create", arguments: [], operatingSystemUser: "bench", host: "bench",
                version: "bench"),
            applicationName: "dbctl index create \(id)")
        request.searchPath = "public"
        request.onEvent = { event in
            let now = ContinuousClock.now
            Task { await clock.hear(event, at: now) }
        }
        let create = IndexCreate(request, IndexSpecification(table: "bench_index", columns: ["b"]))
        return try await Connection.with(server.parameters, settings: server.session) { holder in
            try await holder.run { session in
                try session.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
                _ = try session.rows("SELECT * FROM bench_other")
            }
            async let built = create.run()
            let delay = try await clock.delay()
            try await holder.run { try $0.execute("ROLLBACK") }
            _ = try await built
            return Sample(value: delay / .seconds(1), processorTime: 0, notes: [:])
        }
    }

    private actor FirstWord {
        private var begun: ContinuousClock.Instant?
        private var heard: ContinuousClock.Instant?

        func hear(_ event: IndexEvent, at moment: ContinuousClock.Instant) {
            if case .running = event { begun = begun ?? moment }
            if case .waiting = event { heard = heard ?? moment }
        }

        func delay() async throws -> Duration {
            while true {
                if let begun, let heard { return heard - begun }
                try await Task.sleep(for: .milliseconds(10))
            }
        }
    }

    private var url: String {
        "postgresql://postgres@/postgres?host=\(server.sandbox.folder)&port=\(server.sandbox.port)"
    }

    private func build() async throws {
        try await psql("CREATE TABLE bench_index (id bigint PRIMARY KEY, a int, b date, c text)")
        try await psql(
            """
            INSERT INTO bench_index SELECT i, i % 5000, date '2020-01-01' + i % 2000, md5(i::text)
            FROM generate_series(1, \(rows)) AS i
            """)
        try await psql("VACUUM ANALYZE bench_index")
        try await psql("CHECKPOINT")
    }

    private func psql(_ sql: String) async throws {
        try await server.peer("psql", ["-X", "-q", "-v", "ON_ERROR_STOP=1", "-c", sql])
    }

    /// The longest statement of any writer counts.
    private func contender(_ name: String, _ body: @escaping @Sendable () async throws -> Void) -> Contender {
        Contender(name: name) {
            try await psql("DROP INDEX IF EXISTS bench_index_a_b_idx")
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
                var sample = Sample(value: 0, processorTime: 0, notes: ["build": took])
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
        let rows = rows
        return try await Connection.with(server.parameters, settings: settings) { connection in
            var longest = Duration.zero
            var count = 0
            while await !stop.isSet {
                let id = Int.random(in: 1...rows)
                let begun = ContinuousClock.now
                try await connection.run { session in
                    _ = try session.execute("UPDATE bench_index SET a = a + 1 WHERE id = \(id)")
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
