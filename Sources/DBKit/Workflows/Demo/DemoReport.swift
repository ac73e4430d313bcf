public import Operations

/// What the demo did, step by step, and what it found.
public struct DemoReport: Sendable, Codable {
    public struct Step: Sendable, Codable {
        /// What was done, as one would tell it.
        public var title: String
        /// The command that does it by hand.
        public var command: String?
        public var durationS: Double

        enum CodingKeys: String, CodingKey {
            case title, command
            case durationS = "duration_s"
        }
    }

    public struct Table: Sendable, Codable {
        public var schema: String
        public var name: String
        /// Before the disaster.
        public var rows: Int64
        public var checksum: String
        /// In the restored database.
        public var restoredRows: Int64
        public var restoredChecksum: String
        /// Count and checksum are equal.
        public var matches: Bool

        enum CodingKeys: String, CodingKey {
            case schema, name, rows, checksum, matches
            case restoredRows = "restored_rows"
            case restoredChecksum = "restored_checksum"
        }
    }

    public var serverVersion: String
    public var steps: [Step] = []
    public var tables: [Table] = []
    public var durationS = 0.0

    /// Every table came back exactly.
    public var isComplete: Bool { !tables.isEmpty && tables.allSatisfy(\.matches) }

    enum CodingKeys: String, CodingKey {
        case serverVersion = "server_version"
        case steps, tables
        case durationS = "duration_s"
    }
}

extension DemoReport {
    /// Which tables did not come back as they were, and that is all the demo is about.
    public var failure: Failure? {
        guard !isComplete else { return nil }
        let names = tables.filter { !$0.matches }.map { "\($0.schema).\($0.name)" }
        return Failure(
            .demoMismatch,
            names.isEmpty
                ? "there was no table to compare"
                : "not as before after the restore: \(names.joined(separator: ", "))",
            hint: "dbctl explain demo.mismatch"
        )
    }
}

extension FailureCode {
    /// What was restored is not what was backed up.
    public static let demoMismatch = FailureCode("demo.mismatch", .data)
}
