import Operations
package import Postgres

/// How PostgreSQL's programs reach the server that this run talks to.
///
/// What is no secret goes into a connection string. A password goes through the environment only: the command line of
/// a process is everybody's to read.
package struct ToolConnection: Sendable {
    package let connectionString: String
    package let environment: [String: String]

    /// - Parameters:
    ///   - applicationName: what the server shows for the program's session.
    ///   - serverMajor: the server's version, where it is known.
    package init(_ parameters: ConnectionParameters, applicationName: String, serverMajor: Int = 0) throws {
        var words: [(keyword: String, value: String)] = []
        var environment: [String: String] = [:]
        let own = serverMajor < 17 ? Self.options : "\(Self.options) \(Self.noTransactionTimeout)"
        var options = own
        for option in try parameters.resolved() {
            guard let value = option.value, !value.isEmpty else { continue }
            switch option.keyword {
            case "password": environment["PGPASSWORD"] = value
            case "options": options = "\(value) \(own)"
            case "sslpassword":
                throw Failure(
                    .backupToolFailed, "pg_dump cannot be given sslpassword without showing it to everybody",
                    hint: "use a client key without a passphrase, readable by its owner only", category: .configuration)
            case "application_name", "fallback_application_name", "client_encoding", "replication": continue
            default: if !option.isSecret { words.append((option.keyword, value)) }
            }
        }
        words.append(("application_name", applicationName))
        words.append(("options", options))
        connectionString = words.map { "\($0.keyword)=\(Self.quoted($0.value))" }.joined(separator: " ")
        self.environment = environment
    }

    /// Settings of a role or database that would end a session or change its result. A session of the server that lost
    /// its client is to notice within a second.
    package static let options = [
        "statement_timeout=0", "lock_timeout=0", "idle_session_timeout=0", "idle_in_transaction_session_timeout=0",
        "client_connection_check_interval=1s", "default_transaction_isolation=read\\ committed",
        "default_transaction_read_only=off", "default_transaction_deferrable=off", "row_security=off",
    ].map { "-c \($0)" }.joined(separator: " ")

    /// From 17 on; a server before it refuses the whole session for a setting that it does not know.
    package static let noTransactionTimeout = "-c transaction_timeout=0"

    private static func quoted(_ value: String) -> String {
        "'" + value.escaping(["'", "\\"]) { _ in "\\" } + "'"
    }
}
