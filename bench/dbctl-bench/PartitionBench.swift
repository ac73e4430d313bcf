// Readers beside the making of a partition, and beside the going of one, with one who reads for three seconds; and how
// long a run with nothing to do takes over many partitions.

import DBKit
import Foundation

struct PartitionBench: Sendable {
    let server: BenchServer
    let program: String
    let folder: String

    private static let sets = 100
    private var partitions: Int { max(4, Int(server.scale * 1000)) }

    func run(_ repetitions: Int) async throws -> [Table] {
        [try await stalls(repetitions), try await retirement(repetitions), try await idle(repetitions)]
    }

    // A reader of three seconds

    private func stalls(_ repetitions: Int) async throws -> Table {
        try await psql(
            """
            CREATE SCHEMA partman; CREATE EXTENSION pg_partman SCHEMA partman;
            CREATE TABLE own (at timestamptz NOT NULL, v int, PRIMARY KEY (at, v)) PARTITION BY RANGE (at);
            CREATE TABLE peer (at timestamptz NOT NULL, v int, PRIMARY KEY (at, v)) PARTITION BY RANGE (at);
            SELECT partman.create_parent('public.peer', 'at', 'native', 'monthly', p_premake := 3);
            DROP TABLE peer_default;
            -- Of a set without rows pg_partman makes none.
            INSERT INTO peer VALUES (now(), 1);
            """)
        try configuration(["own"], "ahead: 3")
        try await ensure()
        let newest =
            "SELECT c.oid::regclass FROM pg_inherits JOIN pg_class AS c ON c.oid = inhrelid WHERE inhparent = '%@'::regclass ORDER BY relname DESC LIMIT 1"
        @Sendable func drop(_ table: String) async throws {
            try await psql(
                "DO $$ BEGIN EXECUTE format('DROP TABLE %s', (\(newest.replacing("%@", with: table)))); END $$")
        }
        let samples = try await alternate(
            [
                contender("nothing", "own", prepare: {}) { try await Task.sleep(for: .seconds(3)) },
                contender("dbctl", "own", prepare: { try await drop("own") }) { try await ensure() },
                contender(
                    "PARTITION OF", "own", prepare: { try await psql("DROP TABLE IF EXISTS plain") },
                    clean: { try await psql("DROP TABLE plain") }
                ) {
                    try await psql(
                        "CREATE TABLE plain PARTITION OF own FOR VALUES FROM ('2099-01-01') TO ('2099-02-01')")
                },
                contender("partman", "peer", prepare: { try await drop("peer") }) {
                    try await psql("SELECT partman.run_maintenance('public.peer', p_analyze := false)")
                    // Else it would have been measured at doing nothing.
                    try await psql(
                        "SELECT 1 / (SELECT count(*) / 7 FROM pg_inherits WHERE inhparent = 'peer'::regclass)")
                },
            ], repetitions)
        var table = Table(
            title: "Readers while a partition is made, beside one who reads for 3 s",
            columns: ["who", "a reader's longest wait, ms", "the partition took, seconds", "target"])
        let names = [
            "nobody", "**dbctl partition ensure**", "`CREATE TABLE … PARTITION OF`", "pg_partman's `run_maintenance`",
        ]
        for (place, name) in names.enumerated() {
            table.rows.append([
                name, rounded(median(samples[place].map { $0.value * 1000 })),
                rounded(median(samples[place].compactMap { $0.notes["took"] })), place == 1 ? "≤ 100" : "",
            ])
        }
        return table
    }

    /// The longest of any reader's statements counts.
    private func contender(
        _ name: String, _ table: String, prepare: @escaping @Sendable () async throws -> Void,
        clean: @escaping @Sendable () async throws -> Void = {}, _ body: @escaping @Sendable () async throws -> Void
    ) -> Contender {
        Contender(name: name) {
            try await prepare()
            let stop = Stop()
            let sample = try await withThrowingTaskGroup(of: Duration.self) { group in
                group.addTask {
                    try await psql("BEGIN; SELECT count(*) FROM \(table); SELECT pg_sleep(3); COMMIT")
                    return .zero
                }
                // So that it is at it.
                try await Task.sleep(for: .milliseconds(500))
                for _ in 0..<2 { group.addTask { try await read(table, until: stop) } }
                let begun = ContinuousClock.now
                do {
                    try await body()
                } catch {
                    await stop.set()
                    throw error
                }
                let took = (ContinuousClock.now - begun) / .seconds(1)
                await stop.set()
                var longest = Duration.zero
                for try await wait in group { longest = max(longest, wait) }
                return Sample(value: longest / .seconds(1), processorTime: 0, notes: ["took": took])
            }
            try await clean()
            return sample
        }
    }

    private func read(_ table: String, until stop: Stop) async throws -> Duration {
        var settings = server.session
        settings.lockTimeout = .zero
        return try await Connection.with(server.parameters, settings: settings) { connection in
            var longest = Duration.zero
            while await !stop.isSet {
                let begun = ContinuousClock.now
                try await connection.run { session in
                    _ = try session.rows("SELECT count(*) AS n FROM \(try identifier(table))")
                }
                longest = max(longest, ContinuousClock.now - begun)
                try await Task.sleep(for: .milliseconds(2))
            }
            return longest
        }
    }

    // The going of an old partition, in the tables that the part before has made.

    private func retirement(_ repetitions: Int) async throws -> Table {
        try configuration(["own"], "ahead: 3, keep: 24 months, on_expire: detach")
        @Sendable func expired(_ table: String) async throws {
            try await psql(
                """
                CREATE TABLE \(table)_p2020_01 PARTITION OF \(table) FOR VALUES FROM ('2020-01-01') TO ('2020-02-01');
                INSERT INTO \(table) SELECT timestamptz '2020-01-10', i FROM generate_series(1, 10000) AS i;
                UPDATE partman.part_config SET retention = '24 months', retention_keep_table = true;
                """)
        }
        @Sendable func gone(_ table: String) async throws {
            // Fails while it is attached: then nothing was measured.
            try await psql(
                "SELECT 1 / (1 - (SELECT count(*) FROM pg_inherits WHERE inhrelid = '\(table)_p2020_01'::regclass)); DROP TABLE \(table)_p2020_01"
            )
        }
        let samples = try await alternate(
            [
                contender("dbctl", "own", prepare: { try await expired("own") }, clean: { try await gone("own") }) {
                    try await dbctl("partition", "retain", "--yes")
                },
                contender("DETACH", "own", prepare: { try await expired("own") }, clean: { try await gone("own") }) {
                    try await psql("ALTER TABLE own DETACH PARTITION own_p2020_01")
                },
                contender("partman", "peer", prepare: { try await expired("peer") }, clean: { try await gone("peer") })
                {
                    try await psql("SELECT partman.run_maintenance('public.peer', p_analyze := false)")
                },
            ], repetitions)
        var table = Table(
            title: "Readers while a partition of 10,000 rows is detached, beside one who reads for 3 s",
            columns: ["who", "a reader's longest wait, ms", "it took, seconds", "target"])
        let names = ["**dbctl partition retain**", "`DETACH PARTITION`", "pg_partman's `run_maintenance`"]
        for (place, name) in names.enumerated() {
            table.rows.append([
                name, rounded(median(samples[place].map { $0.value * 1000 })),
                rounded(median(samples[place].compactMap { $0.notes["took"] })), place == 0 ? "≤ 100" : "",
            ])
        }
        return table
    }

    // Nothing to do

    private func idle(_ repetitions: Int) async throws -> Table {
        let names = (0..<Self.sets).map { "set_\($0)" }
        for name in names {
            try await psql(
                """
                CREATE TABLE \(name) (at timestamptz NOT NULL, v int, PRIMARY KEY (at, v)) PARTITION BY RANGE (at);
                DO $$ BEGIN FOR i IN 0..\(partitions - 1) LOOP EXECUTE format(
                    'CREATE TABLE \(name)_%s PARTITION OF \(name) FOR VALUES FROM (%L) TO (%L)', i,
                    date_trunc('month', now(), 'UTC') + make_interval(months => 3 - i),
                    date_trunc('month', now(), 'UTC') + make_interval(months => 4 - i)); END LOOP; END $$
                """)
        }
        try configuration(names, "ahead: 3")
        let samples = try await alternate(
            [Contender(name: "nothing to do") { try await timed(children: true) { try await ensure() } }], repetitions)
        return Table(
            title: "dbctl partition ensure with nothing to do",
            columns: ["partitions", "in tables", "seconds", "client CPU s", "target"],
            rows: [
                [
                    "\(Self.sets * partitions)", "\(Self.sets)", rounded(median(samples[0].map(\.value))),
                    rounded(median(samples[0].map(\.processorTime))), "< 1 at 10,000",
                ]
            ])
    }

    private func configuration(_ tables: [String], _ rest: String) throws {
        let lines = tables.map { "  - {table: \($0), by: at, every: 1 month, \(rest)}\n" }.joined()
        try Data("partitions:\n\(lines)".utf8).write(to: URL(filePath: "\(folder)/dbctl.yaml"))
    }

    private func ensure() async throws { try await dbctl("partition", "ensure") }

    private func dbctl(_ verb: String...) async throws {
        try await Peer.run(
            program,
            verb + [
                "--quiet", "--no-progress", "--config", "\(folder)/dbctl.yaml", "--database-url",
                "postgresql://postgres@/postgres?host=\(server.sandbox.folder)&port=\(server.sandbox.port)&options=-csearch_path%3Dpublic",
            ], [:])
    }

    private func psql(_ sql: String) async throws {
        try await server.peer("psql", ["-X", "-q", "-o", "/dev/null", "-v", "ON_ERROR_STOP=1", "-c", sql])
    }

    private actor Stop {
        private(set) var isSet = false
        func set() { isSet = true }
    }
}
