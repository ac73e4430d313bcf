public import Postgres

/// What one statement will lock and how much it has to do, foretold from its text and the catalog.
///
/// Locks on indexes and sequences are told only where the statement is about one. What triggers, rules and functions do
/// on their own is not followed; where that is the statement's main work it is unknown.
public struct StatementEffect: Sendable, Hashable, Codable {
    public struct Lock: Sendable, Hashable, Codable {
        public var relation: String
        /// The strongest one that it takes there.
        public var mode: LockMode
    }

    public struct Work: Sendable, Hashable, Codable {
        public enum Kind: String, Sendable, Hashable, Codable {
            /// Every row is written anew, and every index with it.
            case rewrite
            /// Every row is read to see whether it fits.
            case scan
            case indexBuild = "index_build"
            /// Rows are changed in place by UPDATE, DELETE or MERGE: at most these.
            case rowChange = "row_change"
        }

        public var kind: Kind
        public var relation: String
        /// The catalog's estimate; nil when the table was never analysed.
        public var rows: Int?
        /// What is read, or for a rewrite what is written.
        public var sizeBytes: Int
        public var reason: String
        /// False: it is only possible, because the text and the catalog do not decide it.
        public var isCertain: Bool

        enum CodingKeys: String, CodingKey {
            case kind, relation, rows, reason
            case sizeBytes = "size_bytes"
            case isCertain = "is_certain"
        }
    }

    /// On relations that are there before the plan begins, ordered by name. Of partitions all are named, though a query may
    /// in the end need fewer.
    public var locks: [Lock]
    public var work: [Work]
    /// True when the model cannot tell all of it; ``locks`` and ``work`` then hold what is certain, or nothing.
    public var isUnknown: Bool
    /// Why it is unknown.
    public var unknownReason: String?
    /// What is not followed although the statement itself is known.
    public var notes: [String]
    /// A line for people: `ACCESS EXCLUSIVE on users; rewrites users (12000 rows, 3 MiB): …`.
    public var summary: String

    enum CodingKeys: String, CodingKey {
        case locks, work, notes, summary
        case isUnknown = "is_unknown"
        case unknownReason = "unknown_reason"
    }

    /// The strongest lock that it takes anywhere.
    public var strongestLock: LockMode? { locks.map(\.mode).max() }
}

extension StatementEffect {
    init(locks: [Lock], work: [Work], doubt: String?, notes: [String]) {
        self.locks = locks
        self.work = work
        isUnknown = doubt != nil
        unknownReason = doubt
        self.notes = notes
        var parts: [String] = []
        if let doubt { parts.append("unknown: \(doubt)") }
        for mode in LockMode.allCases.reversed() {
            let names = locks.filter { $0.mode == mode }.map(\.relation)
            if !names.isEmpty { parts.append("\(mode.sql) on \(Self.listed(names))") }
        }
        parts += work.map(\.phrase)
        summary = parts.isEmpty ? "locks nothing that is there" : parts.joined(separator: "; ")
    }

    private static func listed(_ names: [String]) -> String {
        names.count <= 4
            ? names.joined(separator: ", ") : names.prefix(3).joined(separator: ", ") + " and \(names.count - 3) more"
    }
}

extension StatementEffect.Work {
    fileprivate var phrase: String {
        let verb =
            switch kind {
            case .rewrite: isCertain ? "rewrites" : "may rewrite"
            case .scan: isCertain ? "reads" : "may read"
            case .indexBuild: isCertain ? "builds an index on" : "may build an index on"
            case .rowChange: isCertain ? "changes all rows of" : "changes rows of"
            }
        let count = rows.map { "\($0) rows" } ?? "rows not counted yet"
        return "\(verb) \(relation) (\(count), \(Self.size(sizeBytes))): \(reason)"
    }

    private static func size(_ bytes: Int) -> String {
        let units = ["bytes", "KiB", "MiB", "GiB", "TiB"]
        var value = bytes
        var unit = 0
        while value >= 10_240, unit < units.count - 1 {
            value /= 1024
            unit += 1
        }
        return "\(value) \(units[unit])"
    }
}
