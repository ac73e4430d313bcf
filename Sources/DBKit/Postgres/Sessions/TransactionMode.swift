/// How a transaction begins. Every part is said explicitly, so that no default of a role can change it.
public struct TransactionMode: Sendable, Hashable {
    public enum Isolation: String, Sendable {
        case readCommitted = "READ COMMITTED"
        case repeatableRead = "REPEATABLE READ"
        case serializable = "SERIALIZABLE"
    }

    public var isolation: Isolation
    public var isReadOnly: Bool
    public var isDeferrable: Bool

    public init(isolation: Isolation = .readCommitted, readOnly: Bool = false, deferrable: Bool = false) {
        self.isolation = isolation
        isReadOnly = readOnly
        isDeferrable = deferrable
    }

    public static let readWrite = TransactionMode()
    public static let readOnly = TransactionMode(readOnly: true)
    /// One unchanging view of the database, as a backup wants it.
    public static let snapshot = TransactionMode(isolation: .repeatableRead, readOnly: true)

    var begin: String {
        "BEGIN ISOLATION LEVEL \(isolation.rawValue), \(isReadOnly ? "READ ONLY" : "READ WRITE"), "
            + (isDeferrable ? "DEFERRABLE" : "NOT DEFERRABLE")
    }
}

/// The name of an exported snapshot, e.g. `00000003-0000001B-1`. It lives as long as the transaction that exported it.
public struct SnapshotID: Sendable, Hashable, CustomStringConvertible {
    public let rawValue: String

    public init(_ rawValue: String) {
        self.rawValue = rawValue
    }

    public var description: String { rawValue }
}
