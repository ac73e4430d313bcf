public import Foundation

/// One migration, as `status` shows it.
public struct MigrationStatus: Sendable, Hashable, Codable {
    public enum State: String, Sendable, Codable, CaseIterable {
        case applied
        case pending
        /// Pending, with a version lower than one that is applied.
        case outOfOrder = "out_of_order"
        /// Begun outside of a transaction and not at its end.
        case partial
        /// The same with its down section.
        case undoing
        /// Applied, and its file says something else now.
        case edited
        /// Applied, and there is no such file any more.
        case missing
    }

    /// Of a repeatable migration `R__` and its name.
    public var version: String
    public var name: String
    public var state: State
    public var dialect: String
    public var checksum: String
    public var appliedAt: Date?
    public var appliedBy: String?
    public var runID: String?
    public var durationS: Double?
    /// How many it has; in the history or, of a pending one, in its file.
    public var statements: Int
    /// The statement, counted from 1, at which a run goes on.
    public var resumeAt: Int?
}

extension MigrationStatus {
    init(_ applied: AppliedMigration, state: State) {
        self.init(
            version: applied.key, name: applied.name, state: state, dialect: applied.dialect,
            checksum: applied.checksum, appliedAt: applied.appliedAt, appliedBy: applied.appliedBy,
            runID: applied.runID, durationS: applied.duration, statements: applied.statements,
            resumeAt: applied.resumeAt)
    }

    init(pending migration: Migration, _ state: State) {
        self.init(
            version: migration.key, name: migration.name, state: state, dialect: migration.dialect.rawValue,
            checksum: migration.source.checksum, statements: migration.up.statements.count)
    }

    /// Versions by their numbers, then the repeatable ones by name.
    static func precedes(_ left: MigrationStatus, _ right: MigrationStatus) -> Bool {
        switch (MigrationVersion(left.version), MigrationVersion(right.version)) {
        case (let one?, let other?): one < other
        case (.some, nil): true
        case (nil, .some): false
        case (nil, nil): left.version < right.version
        }
    }
}
