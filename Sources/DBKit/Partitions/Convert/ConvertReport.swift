import Foundation

/// What `dbctl partition convert` would do, or has done.
public struct ConvertReport: Sendable, Hashable, Codable {
    public enum State: String, Sendable, Codable {
        /// Nothing was changed.
        case planned
        /// A copy is there, and the table is in use as it was.
        case begun
        /// The partitioned table is in use, and undo is possible.
        case converted
        /// The way back is gone, with what it needed.
        case finished
        /// The table is in use again as it was.
        case undone
        /// Somebody had dropped the table; what its conversion had made is gone.
        case removed
    }

    public struct Partition: Sendable, Hashable, Codable {
        public var name: String
        public var lower: String
        public var upper: String
    }

    public var table: String
    public var state: State
    public var isDryRun = false
    public var strategy: ConvertSpecification.Strategy
    /// The column.
    public var by: String
    public var every: String
    /// By what rows are found again in the copy.
    public var key: [String] = []
    public var findings: [ConvertFinding] = []
    public var partitions: [Partition] = []
    /// As they would be executed, up to the swap; what is moved in it stands under `findings`.
    public var statements: [String] = []
    /// Of a plan; nil where no ANALYZE has looked yet.
    public var rowsEstimate: Int64?
    public var sizeBytes: Int64 = 0
    public var rowsCopied: Int64 = 0
    public var rowsCompared: Int64 = 0
    /// How often the swap was tried.
    public var attempts: Int = 0
    /// How long the swap kept others waiting, from its first wish for a lock on.
    public var stallS: Double?
    public var durationS: Double?
    public var notes: [String] = []
    /// Whoever asked for the plan has consented already.
    public var isConsented = false

    enum CodingKeys: String, CodingKey {
        case table, state, strategy, by, every, key, findings, partitions, statements, attempts, notes
        case isDryRun = "dry_run"
        case rowsEstimate = "rows_estimate"
        case sizeBytes = "size_bytes"
        case rowsCopied = "rows_copied"
        case rowsCompared = "rows_compared"
        case stallS = "stall_s"
        case durationS = "duration_s"
    }

    init(table: String, state: State, strategy: ConvertSpecification.Strategy, by: String, every: String) {
        (self.table, self.state, self.strategy, self.by, self.every) = (table, state, strategy, by, every)
    }

    init(_ conversion: Conversion, _ state: State) {
        self.init(
            table: conversion.label, state: state, strategy: conversion.strategy, by: conversion.key,
            every: conversion.step)
        rowsCopied = conversion.rowsCopied
    }

    /// What stands in the way of doing it; nil when nothing does, or when it is consented to.
    public func refusal(consented: Bool) -> (code: ConvertRefusal, findings: [ConvertFinding])? {
        let blocking = findings.filter { $0.severity == .blocks }
        guard blocking.isEmpty else { return (.blocked, blocking) }
        let changing = findings.filter { $0.severity == .consent }
        return consented || changing.isEmpty ? nil : (.consent, changing)
    }
}

/// Why a plan is not carried out.
public enum ConvertRefusal: Sendable, Hashable {
    case blocked
    case consent
}
