import Operations
import Postgres

/// Opens the sessions of a backup. Their settings come with the very first message: a role's `idle_session_timeout` or
/// `statement_timeout` may be shorter than the time until a SET could say otherwise (B7).
enum BackupSession {
    static func open(_ parameters: ConnectionParameters, _ settings: SessionSettings) async throws -> Connection {
        let given = try parameters.resolved().first { $0.keyword == "options" }?.value ?? ""
        do {
            return try await Connection.open(
                parameters.setting("options", given.isEmpty ? options : "\(given) \(options)"), settings: settings)
        } catch let error as PostgresError {
            guard FailureCode(error) == .poolerStartupParameter else { throw error }
            throw throughPooler
        }
    }

    static let throughPooler = Failure(
        .backupPooled, "the connection goes through a pooler, which cannot carry a snapshot",
        hint: "give the target a direct_url past the pooler, or another --database-url")

    /// Settings of a role or database that would end a session or change its result. A session of the server that lost
    /// its client is to notice within a second.
    static let options = [
        "statement_timeout=0", "lock_timeout=0", "idle_session_timeout=0", "idle_in_transaction_session_timeout=0",
        "client_connection_check_interval=1s", "default_transaction_isolation=read\\ committed",
        "default_transaction_read_only=off", "default_transaction_deferrable=off", "row_security=off",
    ].map { "-c \($0)" }.joined(separator: " ")
}
