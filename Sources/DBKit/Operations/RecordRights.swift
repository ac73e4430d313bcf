package import Postgres

/// What a role may do in the schema `dbctl`, in which everything lies that dbctl records in a database, and the SQL that
/// lets it do more: one text, whatever is to be recorded.
package struct RecordRights: Sendable, Hashable {
    package enum Access: Sendable {
        /// Its row of the record of operations.
        case record
        /// What is in all tables there.
        case tables
        /// The same, and it makes tables of its own there.
        case ownTables
    }

    /// The schema exists.
    package let isThere: Bool
    /// It may make tables in it, or the schema itself. Asked first: what is tried and refused stands in the server's log.
    package let mayCreate: Bool
    private let hasRecord: Bool
    // Quoted.
    private let role: String
    private let database: String
    /// Who can give it: the schema's owner, or the database's.
    private let owner: String

    package static func read(in session: Session) throws -> RecordRights {
        let row = try session.row(Query(embedded: PackageResources.record_rights_sql))
        return RecordRights(
            isThere: try row.value("is_there"), mayCreate: try row.value("may_create"),
            hasRecord: try row.value("has_record"), role: try row.value("role"),
            database: try row.value("database"), owner: try row.value("owner"))
    }

    /// What is to be typed, where and as whom.
    ///
    /// - Parameter creation: What makes the tables that are missing; the record of operations comes by itself.
    package func remedy(_ access: Access = .record, creating creation: [String] = []) -> String {
        let made = (hasRecord ? [] : [OperationLog.creationSQL]) + creation
        return (["Run this once as \(owner), in the database \(database):"] + made.map(Self.bare) + grants(access))
            .joined(separator: "\n")
    }

    private func grants(_ access: Access) -> [String] {
        let rights = "SELECT, INSERT, UPDATE, DELETE"
        return switch access {
        case .record:
            ["GRANT USAGE ON SCHEMA dbctl TO \(role);", "GRANT SELECT, INSERT, UPDATE ON dbctl.operations TO \(role);"]
        case .tables:
            ["GRANT USAGE ON SCHEMA dbctl TO \(role);", "GRANT \(rights) ON ALL TABLES IN SCHEMA dbctl TO \(role);"]
        case .ownTables:
            [
                "GRANT USAGE, CREATE ON SCHEMA dbctl TO \(role);",
                "GRANT \(rights) ON ALL TABLES IN SCHEMA dbctl TO \(role);",
                "ALTER DEFAULT PRIVILEGES IN SCHEMA dbctl GRANT \(rights) ON TABLES TO \(role);",
            ]
        }
    }

    /// Without comments, so that it says the same in one line, which is all that a log has.
    private static func bare(_ script: String) -> String {
        let lines = script.split(separator: "\n").filter { !$0.drop { $0 == " " }.hasPrefix("--") }
        let text = lines.joined(separator: "\n")
        return text.hasSuffix(";") ? text : "\(text);"
    }
}

extension Failure {
    /// What a log says of it, in one line. SQL reads the same so.
    package var note: String {
        [message, hint].compactMap(\.self).joined(separator: ". ").split(whereSeparator: \.isWhitespace)
            .joined(separator: " ")
    }
}
