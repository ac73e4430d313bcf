public import Foundation
import Postgres

/// A row of `dbctl.migrations`: a migration that this database has, or has begun.
public struct AppliedMigration: Sendable, Hashable {
    public enum State: String, Sendable, Codable {
        case applied
        /// Begun outside of a transaction and not at its end.
        case partial
        /// The same with its down section.
        case undoing
    }

    /// The version as its file had it; of a repeatable one `R__` and its name.
    public var key: String
    public var name: String
    /// See ``MigrationText/checksum``.
    public var checksum: String
    public var dialect: String
    public var appliedAt: Date
    public var appliedBy: String
    public var runID: String
    /// Seconds.
    public var duration: Double
    public var statements: Int
    public var state: State
    /// The statement, counted from 1, at which a run goes on; nil when there is nothing to go on with.
    public var resumeAt: Int?
    /// The statement at ``resumeAt`` runs in no transaction and was begun: what became of it only the server knows.
    public var isInFlight: Bool

    /// Nil for a repeatable one.
    public var version: MigrationVersion? { MigrationVersion(key) }

    /// As messages name it.
    public var label: String { version == nil || name.isEmpty ? key : "\(key) \(name)" }
}

extension AppliedMigration {
    init(_ row: Row) throws {
        let state: String = try row.value("state")
        self.init(
            key: try row.value("version"), name: try row.value("name"), checksum: try row.value("checksum"),
            dialect: try row.value("dialect"), appliedAt: try row.value("applied_at"),
            appliedBy: try row.value("applied_by"), runID: try row.value("run_id"),
            duration: try row.value("duration_s"), statements: try row.value("statements"),
            state: State(rawValue: state) ?? .partial, resumeAt: try row.value("resume_at"),
            isInFlight: try row.value("in_flight"))
    }
}

extension Migration {
    /// Its name in the history.
    public var key: String {
        version?.text ?? "R__\(name)"
    }
}
