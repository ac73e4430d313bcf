// A nightly feed into a table that has most of it already: dbctl refresh, against what people write by hand and pgloader.

import DBKit
import Foundation

struct RefreshBench: Sendable {
    let ground: RefreshGround
    private let rivals: RefreshRivals

    init(server: BenchServer, program: String, folder: String) {
        ground = RefreshGround(server: server, program: program, folder: folder)
        rivals = RefreshRivals(ground: ground)
    }

    func run(_ repetitions: Int) async throws -> [Table] {
        try await ground.build()
        try await rivals.write()
        var tables: [Table] = []
        var own: [[Sample]] = []
        for share in RefreshGround.shares {
            let (table, samples) = try await changes(share, repetitions)
            tables.append(table)
            own.append(samples[0])
        }
        tables.append(phases(own))
        tables.append(try await load(repetitions))
        tables.append(try await reader(repetitions))
        tables.append(try await memory())
        return tables
    }

    private func dbctl(_ share: Int, base: String = "refresh_base") -> RefreshGround.Way {
        .init(
            name: "\(share) % dbctl", command: "\(ground.program) \(ground.refresh(ground.feed(share)))",
            feed: ground.feed(share), base: base)
    }

    private func changes(_ share: Int, _ repetitions: Int) async throws -> (Table, [[Sample]]) {
        let targets: [RefreshRivals.Form: String] =
            switch share {
            case 0: [.distinct: "≤ 0.25", .row: "≤ 0.1"]
            case 5: [.distinct: "≤ 0.5", .row: "≤ 0.1"]
            default: [.plain: "≤ 1.1", .row: "≤ 0.1"]
            }
        let rows = [("**dbctl refresh run**", "")] + rivals.forms.map { ($0.title, targets[$0] ?? "") }
        return try await race(
            "Refresh of \(ground.rows) rows, \(share) % of them changed, key order",
            [dbctl(share)] + rivals.forms.map { rivals.way($0, share: share) }, rows, repetitions)
    }

    private func load(_ repetitions: Int) async throws -> Table {
        var ways = [dbctl(0, base: "refresh_empty"), try rivals.copy()]
        var rows = [("**dbctl refresh run**", ""), ("`\\copy` alone, which checks and keeps nothing", "")]
        for (dropsIndexes, title) in [(false, "`pgloader`"), (true, "`pgloader`, `drop indexes`")] {
            guard let way = try await rivals.pgloader(dropsIndexes: dropsIndexes) else { continue }
            ways.append(way)
            rows.append((title, "≤ 0.333"))
        }
        var (table, _) = try await race("\(ground.rows) rows into an empty table", ways, rows, repetitions)
        if ways.count == 2 { table.rows.append(["`pgloader`", "not installed", "", "", "", "", "≤ 0.333"]) }
        return table
    }

    /// The first of the ways is dbctl.
    private func race(
        _ title: String, _ ways: [RefreshGround.Way], _ rows: [(name: String, target: String)], _ repetitions: Int
    ) async throws -> (Table, [[Sample]]) {
        let samples = try await alternate(ways.map(ground.contender), repetitions)
        let seconds = samples.map { median($0.map(\.value)) }
        var table = Table(
            title: title,
            columns: [
                "who", "seconds", "dbctl ÷ it", "client CPU s", "WAL MB", "client's peak MiB", "target",
            ])
        for (place, row) in rows.enumerated() {
            func middle(_ note: String) -> Double { median(samples[place].compactMap { $0.notes[note] }) }
            table.rows.append([
                row.name, rounded(seconds[place]), rounded(seconds[0] / seconds[place]),
                rounded(median(samples[place].map(\.processorTime))),
                rounded(middle("wal") / 1e6), rounded(middle("peak") / 1_048_576), row.target,
            ])
        }
        return (table, samples)
    }

    /// - Parameter runs: dbctl's, for each of the shares.
    private func phases(_ runs: [[Sample]]) -> Table {
        var table = Table(
            title: "Where the time of **dbctl refresh run** goes, seconds",
            columns: ["what"] + RefreshGround.shares.map { "\($0) % changed" })
        func add(_ name: String, _ value: (Sample) -> Double) {
            table.rows.append([name] + runs.map { rounded(median($0.map(value))) })
        }
        let phases = StatementLog.Phase.allCases.map(\.rawValue)
        for phase in phases { add(phase) { $0.notes[phase] ?? 0 } }
        add("outside of statements") { run in run.value - phases.reduce(0) { $0 + (run.notes[$1] ?? 0) } }
        add("all of it", \.value)
        add("of which dbctl's processor time", \.processorTime)
        return table
    }

    /// Reading, checking and COPY text alone: no server is asked.
    private func reader(_ repetitions: Int) async throws -> Table {
        let path = "\(ground.folder)/\(ground.feed(0))"
        let bytes = Double(try await ground.output("stat -c %s \(ground.feed(0))")) ?? .nan
        let samples = try await alternate(
            [Contender(name: "reader") { try await timed { try read(path) } }], max(5, repetitions))
        var table = Table(
            title: "The reader alone", columns: ["what", "MB a second", "MB a second of processor time", "target"])
        table.rows.append([
            "**FeedReader**: \(rounded(bytes / 1e6)) MB of CSV, checked, to COPY text",
            rounded(bytes / 1e6 / median(samples[0].map(\.value))),
            rounded(bytes / 1e6 / median(samples[0].map(\.processorTime))), "≥ 150 a core",
        ])
        return table
    }

    private func read(_ path: String) throws {
        let types: [(String, ColumnType)] = [
            ("asset_id", .integer), ("date", .date), ("open", .double), ("high", .double), ("low", .double),
            ("close", .double), ("volume", .bigint),
        ]
        let reader = try FeedReader(
            FeedDefinition(table: "prices", key: ["asset_id", "date"]), files: FeedFiles([path]),
            target: types.map { TargetColumn(name: $0, type: $1, typeName: "", isNullable: false) }, now: Date(),
            rejectedFile: nil)
        _ = try reader.begin()
        var bytes = 0
        while let chunk = try reader.next() { bytes += chunk.bytes.count }
        let tally = try reader.finish()
        guard bytes > 0, tally.read == Int64(ground.rows), tally.rejected == 0 else {
            throw BenchError("the reader read \(tally.read) rows and rejected \(tally.rejected)")
        }
    }

    /// Of the same rows once more, at two sizes.
    private func memory() async throws -> Table {
        var table = Table(
            title: "Memory of **dbctl refresh run**, nothing changed",
            columns: ["rows", "MB of CSV", "seconds", "peak MiB", "target"])
        for (database, assets) in [("refresh_one", ground.assets), ("refresh_ten", ground.assets * 10)] {
            try await ground.fill(database, assets: assets)
            try await ground.export(database, "SELECT * FROM prices ORDER BY asset_id, date", "large.csv")
            let bytes = Double(try await ground.output("stat -c %s large.csv")) ?? .nan
            let command = "exec /usr/bin/time -f %M -o peak \(ground.program) \(ground.refresh("large.csv"))"
            let sample = try await timed {
                try await ground.shell("export PGDATABASE=\(database); \(command)")
            }
            let peak = Double(try await ground.output("cat peak")) ?? .nan
            table.rows.append([
                "\(assets * 1000)", rounded(bytes / 1e6), rounded(sample.value), rounded(peak / 1024), "≤ 64",
            ])
        }
        return table
    }
}
