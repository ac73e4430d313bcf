/// A lock on a relation, from weak to strong. Source: PostgreSQL, "Explicit Locking", table-level locks.
public enum LockMode: Int, Sendable, Hashable, CaseIterable, Comparable, Codable {
    case accessShare = 1
    case rowShare
    case rowExclusive
    case shareUpdateExclusive
    case share
    case shareRowExclusive
    case exclusive
    case accessExclusive

    /// As pg_locks spells it: `AccessExclusiveLock`.
    public var name: String {
        switch self {
        case .accessShare: "AccessShareLock"
        case .rowShare: "RowShareLock"
        case .rowExclusive: "RowExclusiveLock"
        case .shareUpdateExclusive: "ShareUpdateExclusiveLock"
        case .share: "ShareLock"
        case .shareRowExclusive: "ShareRowExclusiveLock"
        case .exclusive: "ExclusiveLock"
        case .accessExclusive: "AccessExclusiveLock"
        }
    }

    /// As LOCK TABLE spells it: `ACCESS EXCLUSIVE`.
    public var sql: String {
        switch self {
        case .accessShare: "ACCESS SHARE"
        case .rowShare: "ROW SHARE"
        case .rowExclusive: "ROW EXCLUSIVE"
        case .shareUpdateExclusive: "SHARE UPDATE EXCLUSIVE"
        case .share: "SHARE"
        case .shareRowExclusive: "SHARE ROW EXCLUSIVE"
        case .exclusive: "EXCLUSIVE"
        case .accessExclusive: "ACCESS EXCLUSIVE"
        }
    }

    public init?(name: String) {
        guard let mode = Self.allCases.first(where: { $0.name == name }) else { return nil }
        self = mode
    }

    public init?(sql: String) {
        guard let mode = Self.allCases.first(where: { $0.sql == sql }) else { return nil }
        self = mode
    }

    /// A plain SELECT waits for it.
    public var conflictsWithReads: Bool { self == .accessExclusive }
    /// INSERT, UPDATE and DELETE wait for it.
    public var conflictsWithWrites: Bool { self >= .share }

    public static func < (left: LockMode, right: LockMode) -> Bool { left.rawValue < right.rawValue }

    public init(from decoder: any Decoder) throws {
        let name = try decoder.singleValueContainer().decode(String.self)
        guard let mode = LockMode(name: name) else {
            throw DecodingError.dataCorrupted(
                .init(codingPath: decoder.codingPath, debugDescription: "“\(name)” is no lock mode"))
        }
        self = mode
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(name)
    }
}

extension LockMode {
    /// After the table of conflicts in the manual, 13.3.1.
    private var enemies: Set<LockMode> {
        switch self {
        case .accessShare: [.accessExclusive]
        case .rowShare: [.exclusive, .accessExclusive]
        case .rowExclusive: [.share, .shareRowExclusive, .exclusive, .accessExclusive]
        case .shareUpdateExclusive:
            [.shareUpdateExclusive, .share, .shareRowExclusive, .exclusive, .accessExclusive]
        case .share: [.rowExclusive, .shareUpdateExclusive, .shareRowExclusive, .exclusive, .accessExclusive]
        case .shareRowExclusive:
            [.rowExclusive, .shareUpdateExclusive, .share, .shareRowExclusive, .exclusive, .accessExclusive]
        case .exclusive: Set(LockMode.allCases.dropFirst())
        case .accessExclusive: Set(LockMode.allCases)
        }
    }

    /// Whether one of them waits for the other.
    public func conflicts(with other: LockMode) -> Bool {
        enemies.contains(other)
    }
}
