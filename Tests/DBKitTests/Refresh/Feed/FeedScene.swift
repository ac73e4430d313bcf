import Foundation
import Operations
import TestSupport
import Testing

@testable import Refresh

/// A feed that a test writes and reads: prices of assets, unless the test says otherwise.
struct FeedScene {
    var definition = FeedDefinition(table: "prices", key: ["asset_id", "date"])
    var target = FeedScene.prices
    /// Saturday, 14 March 2026, half past one in the morning, UTC.
    var now = Date(timeIntervalSince1970: 1_773_451_800)
    var rejectedFile: String?
    var isPlan = false

    static let prices = [
        TargetColumn(name: "asset_id", type: .integer, typeName: "integer", isNullable: false),
        TargetColumn(name: "date", type: .date, typeName: "date", isNullable: false),
        TargetColumn(name: "close", type: .numeric(precision: 12, scale: 4), typeName: "numeric(12,4)"),
        TargetColumn(name: "volume", type: .bigint, typeName: "bigint"),
        TargetColumn(name: "note", type: .text(maximum: nil), typeName: "text"),
    ]

    /// A table with one column beside its key.
    static func column(
        _ name: String, _ type: ColumnType, _ typeName: String = "the type", isNullable: Bool = true
    ) -> FeedScene {
        var scene = FeedScene()
        scene.definition = FeedDefinition(table: "things", key: ["id"])
        scene.target = [
            TargetColumn(name: "id", type: .integer, typeName: "integer", isNullable: false),
            TargetColumn(name: name, type: type, typeName: typeName, isNullable: isNullable),
        ]
        return scene
    }

    /// What became of a feed.
    struct Outcome {
        var layout: FeedLayout?
        /// File, line and values of each row; nil is NULL.
        var rows: [[String?]] = []
        /// The records that the rows came from.
        var raw: [String] = []
        var tally = FeedTally()
        var failure: Failure?

        /// Without file and line.
        var values: [[String?]] { rows.map { Array($0.dropFirst(2)) } }
        var lines: [String] { rows.map { $0[1] ?? "" } }
        var reasons: [String] { tally.rejects.map { "\($0.line): \($0.reason)" } }
        /// What `dbctl` would exit with, as far as the feed goes.
        var code: String? { failure?.code.name }
    }

    /// Writes each file, and reads all of them.
    func read(_ files: (name: String, bytes: [UInt8])...) async throws -> Outcome {
        try await withTemporaryFolder { folder in
            for file in files {
                try Data(file.bytes).write(to: URL(fileURLWithPath: "\(folder)/\(file.name)"))
            }
            return try read(paths: files.map { "\(folder)/\($0.name)" })
        }
    }

    func read(_ text: String, as name: String = "feed.csv") async throws -> Outcome {
        try await read((name, Array(text.utf8)))
    }

    func read(paths: [String]) throws -> Outcome {
        var outcome = Outcome()
        do {
            let reader = try FeedReader(
                definition, files: FeedFiles(paths), target: target, now: now, rejectedFile: rejectedFile,
                isPlan: isPlan)
            do {
                outcome.layout = try reader.begin()
                while let chunk = try reader.next() {
                    for row in chunk.rows {
                        let values = CopyRow.decode(Array(chunk.bytes[row.bytes]))
                        #expect(values[0] == String(row.file))
                        #expect(values[1] == String(row.line))
                        outcome.rows.append(values)
                        outcome.raw.append(String(decoding: chunk.raw[row.raw], as: UTF8.self))
                    }
                }
                outcome.tally = try reader.finish()
            } catch {
                reader.abandon()
                throw error
            }
        } catch let failure as Failure {
            outcome.failure = failure
        }
        if outcome.failure == nil {
            #expect(outcome.tally.read == Int64(outcome.rows.count) + outcome.tally.rejected, "nothing is lost (R2)")
        }
        return outcome
    }
}

/// A row of COPY's text format, read back as the server reads it.
enum CopyRow {
    static func decode(_ line: [UInt8]) -> [String?] {
        #expect(line.last == UInt8(ascii: "\n"))
        return line.dropLast().split(separator: UInt8(ascii: "\t"), omittingEmptySubsequences: false).map { field in
            field.elementsEqual("\\N".utf8) ? nil : String(decoding: unescaped(Array(field)), as: UTF8.self)
        }
    }

    private static func unescaped(_ field: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        var isEscaped = false
        for byte in field {
            switch (isEscaped, byte) {
            case (false, UInt8(ascii: "\\")):
                isEscaped = true
                continue
            case (true, UInt8(ascii: "t")): result.append(9)
            case (true, UInt8(ascii: "n")): result.append(10)
            case (true, UInt8(ascii: "r")): result.append(13)
            default: result.append(byte)
            }
            isEscaped = false
        }
        return result
    }
}
