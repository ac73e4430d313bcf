/// One migration, as its folder has it.
public struct Migration: Sendable, Hashable {
    /// What tells it from all others.
    public enum Identity: Sendable, Hashable {
        /// Runs once.
        case versioned(MigrationVersion)
        /// Runs whenever its text changes, after all versioned ones; known by its name.
        case repeatable
    }

    public var identity: Identity
    /// What follows the version in the file's name, without the suffix.
    public var name: String
    public var dialect: Dialect
    /// What its checksum covers; where `up` and `down` are files of their own, that of `up`.
    public var source: MigrationText
    public var up: MigrationSection
    /// Nil: it cannot be undone.
    public var down: MigrationSection?
    /// By which sqitch knows the change; nil in every other dialect.
    public var changeID: String?

    public init(
        identity: Identity, name: String, dialect: Dialect, source: MigrationText, up: MigrationSection,
        down: MigrationSection? = nil
    ) {
        self.identity = identity
        self.name = name
        self.dialect = dialect
        self.source = source
        self.up = up
        self.down = down
    }

    /// Nil for a repeatable one.
    public var version: MigrationVersion? {
        if case .versioned(let version) = identity { version } else { nil }
    }

    /// As messages name it: `20260101000000 users`.
    public var label: String {
        version.map { name.isEmpty ? $0.text : "\($0) \(name)" } ?? name
    }
}
