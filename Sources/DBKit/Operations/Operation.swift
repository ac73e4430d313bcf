public import Foundation
import Postgres

/// One row of `dbctl.operations`: what one run did to this database.
public struct Operation: Sendable, Hashable, Codable {
    public enum Outcome: String, Sendable, Codable {
        /// Under way, or nobody can see whether it still is.
        case running
        case succeeded
        case failed
        /// Its process died before it could say how it ended: no session of it is left.
        case interrupted
    }

    public var runID: String
    /// Area and verb, e.g. `migrate up`.
    public var command: String
    /// As typed, without secrets.
    public var arguments: [String]
    public var startedAt: Date
    public var finishedAt: Date?
    public var outcome: Outcome
    public var errorCode: String?
    public var error: String?
    /// What was counted: rows, statements, bytes.
    public var counts: [String: Int64]
    public var databaseUser: String
    public var operatingSystemUser: String
    public var host: String
    public var version: String

    enum CodingKeys: String, CodingKey {
        case runID = "run_id"
        case command
        case arguments
        case startedAt = "started_at"
        case finishedAt = "finished_at"
        case outcome
        case errorCode = "error_code"
        case error
        case counts
        case databaseUser = "db_user"
        case operatingSystemUser = "os_user"
        case host
        case version
    }
}

extension Operation {
    init(_ row: Row) throws {
        let counts: String = try row.value("counts")
        let outcome: String = try row.value("outcome")
        self.init(
            runID: try row.value("run_id"),
            command: try row.value("command"),
            arguments: try row.value("arguments"),
            startedAt: try row.value("started_at"),
            finishedAt: try row.value("finished_at"),
            outcome: Outcome(rawValue: outcome) ?? .failed,
            errorCode: try row.value("error_code"),
            error: try row.value("error"),
            counts: try JSONDecoder().decode([String: Int64].self, from: Data(counts.utf8)),
            databaseUser: try row.value("db_user"),
            operatingSystemUser: try row.value("os_user"),
            host: try row.value("host"),
            version: try row.value("version")
        )
    }
}
