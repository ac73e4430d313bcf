public import Operations

/// What the demo did, step by step, and what it found.
public struct DemoReport: Sendable, Encodable {
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

    /// What became of a server without connections.
    public struct Connections: Sendable, Encodable {
        /// As `pool check` saw it with all connections taken.
        public var exhausted: CheckVerdict
        /// As `pool doctor` saw it; stable, see `dbctl pool doctor`.
        public var cause: String
        /// By `pool kill`.
        public var ended: Int
        /// As `pool check` saw it afterwards.
        public var freed: CheckVerdict
    }

    public var serverVersion: String
    public var steps: [Step] = []
    public var tables: [Table] = []
    /// Nil until that part was told.
    public var connections: Connections?
    public var durationS = 0.0

    /// Every table came back exactly.
    public var isComplete: Bool { !tables.isEmpty && tables.allSatisfy(\.matches) }

    enum CodingKeys: String, CodingKey {
        case serverVersion = "server_version"
        case steps, tables, connections
        case durationS = "duration_s"
    }
}

extension DemoReport {
    /// Which tables did not come back as they were, or that the server was not freed.
    public var failure: Failure? { mismatch ?? stuck }

    private var mismatch: Failure? {
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

    private var stuck: Failure? {
        guard let connections, connections.exhausted != .critical || connections.freed != .ok else { return nil }
        return Failure(
            .demoStuck,
            "pool check said \(connections.exhausted.rawValue) with all connections taken, and \(connections.freed.rawValue) after \(connections.ended) sessions were ended",
            detail: "It should say CRITICAL, then OK.", hint: "dbctl explain demo.stuck")
    }
}

extension FailureCode {
    /// What was restored is not what was backed up.
    public static let demoMismatch = FailureCode("demo.mismatch", .data)
    /// An exhausted server was not recognised, or not freed.
    public static let demoStuck = FailureCode("demo.stuck", .bug)
}
