// How long the server was at each kind of statement of a refresh, by its own log.

import DBKit
import Foundation

/// What the log says from now on.
struct StatementLog: Sendable {
    private let path: String
    private let start: UInt64

    /// What a refresh does, in its order.
    enum Phase: String, CaseIterable {
        case staging = "read, check, leave out what stands there already, and `COPY` the rest into the staging table"
        case comparing = "compare with the target: create the delta"
        case judging = "largest moves, guards, assets"
        case updating = "`UPDATE`"
        case inserting = "`INSERT`"
        case keeping = "keep what stood there before"
        case other = "all other statements"

        /// Of a statement's text; nil: it is read while another one is being staged.
        fileprivate init?(_ text: Substring) {
            let text = text.drop { $0.isWhitespace }
            guard !text.hasPrefix("COPY (") else { return nil }
            let looked = ["refresh_delta_", "refresh_assets", "dbctl_rows"]
            switch true {
            case text.hasPrefix("COPY"): self = .staging
            case text.hasPrefix("EXPLAIN"): self = .comparing
            case text.hasPrefix("UPDATE \"public\""): self = .updating
            case text.hasPrefix("INSERT INTO \"public\""): self = .inserting
            case text.hasPrefix("INSERT INTO \"dbctl\".\"refresh_changes_"): self = .keeping
            case looked.contains { text.contains($0) }: self = .judging
            default: self = .other
            }
        }
    }

    init(_ server: BenchServer) throws {
        path = "\(server.sandbox.folder)/log"
        let file = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
        start = try file.seekToEnd()
        try file.close()
    }

    /// Seconds of each phase, by its name.
    func phases() throws -> [String: Double] {
        let file = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
        try file.seek(toOffset: start)
        let text = String(decoding: try file.readToEnd() ?? Data(), as: UTF8.self)
        try file.close()
        var spent: [String: Double] = [:]
        for entry in text.split(separator: "LOG:  duration: ").dropFirst() {
            guard let said = entry.prefixMatch(of: #/([0-9.]+) ms  [^:]*: /#), let duration = Double(said.output.1)
            else {
                throw BenchError("the server's log says what is not understood: \(entry.prefix(200))")
            }
            guard let phase = Phase(entry[said.range.upperBound...]) else { continue }
            spent[phase.rawValue, default: 0] += duration / 1000
        }
        guard spent[Phase.staging.rawValue] != nil else { throw BenchError("the server's log says nothing of the run") }
        return spent
    }
}
