// Where a refresh spends its time: what the server's log says of each statement of a run.

import DBKit
import Foundation

struct RefreshPhases: Sendable {
    let ground: RefreshGround

    private enum Phase: String, CaseIterable {
        case staging = "read, check, and `COPY` into the staging table"
        case comparing = "compare with the target: create the delta"
        case judging = "guards, largest moves, assets"
        case updating = "`UPDATE`"
        case inserting = "`INSERT`"
        case keeping = "keep what stood there before"
        case other = "all other statements"

        /// Of a statement's text.
        init(_ text: Substring) {
            let text = text.drop { $0.isWhitespace }
            self =
                if text.hasPrefix("COPY") { .staging } else if text.hasPrefix("EXPLAIN") {
                    .comparing
                } else if text.hasPrefix("UPDATE \"public\"") {
                    .updating
                } else if text.hasPrefix("INSERT INTO \"public\"") {
                    .inserting
                } else if text.hasPrefix("INSERT INTO \"dbctl\".\"refresh_changes_") {
                    .keeping
                } else if text.contains("refresh_delta_") || text.contains("refresh_assets")
                    || text.contains("dbctl_rows")
                {
                    .judging
                } else { .other }
        }
    }

    func run() async throws -> Table {
        var columns: [[Double]] = []
        for share in RefreshGround.shares {
            try await ground.restore("refresh_base")
            let start = try log().count
            let logging = "export PGDATABASE=refreshed PGOPTIONS='-c log_min_duration_statement=0'"
            let sample = try await timed(children: true) {
                try await ground.shell("\(logging); exec \(ground.program) \(ground.refresh(ground.feed(share)))")
            }
            let spent = try durations(log().dropFirst(start))
            let phases = Phase.allCases.map { spent[$0] ?? 0 }
            columns.append(phases + [sample.value - phases.reduce(0, +), sample.value, sample.processorTime])
        }
        let names =
            Phase.allCases.map(\.rawValue) + ["outside of statements", "all of it", "of which dbctl's processor time"]
        var table = Table(
            title: "Where the time of **dbctl refresh run** goes, seconds of one run",
            columns: ["what"] + RefreshGround.shares.map { "\($0) % changed" })
        table.rows = names.enumerated().map { place, name in [name] + columns.map { rounded($0[place]) } }
        return table
    }

    private func log() throws -> Data {
        try Data(contentsOf: URL(fileURLWithPath: "\(ground.server.sandbox.folder)/log"))
    }

    private func durations(_ log: Data) throws -> [Phase: Double] {
        var spent: [Phase: Double] = [:]
        for entry in String(decoding: log, as: UTF8.self).split(separator: "LOG:  duration: ").dropFirst() {
            guard let said = entry.prefixMatch(of: #/([0-9.]+) ms  [^:]*: /#), let duration = Double(said.output.1)
            else {
                throw BenchError("the server's log says what is not understood: \(entry.prefix(200))")
            }
            spent[Phase(entry[said.range.upperBound...]), default: 0] += duration / 1000
        }
        guard spent[.comparing] != nil else { throw BenchError("the server's log says nothing of the run") }
        return spent
    }
}
