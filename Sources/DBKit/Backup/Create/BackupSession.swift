import Operations
import Postgres
import Tools

/// Opens the sessions of a backup. Their settings come with the very first message: a role's `idle_session_timeout` or
/// `statement_timeout` may be shorter than the time until a SET could say otherwise (B7).
enum BackupSession {
    static func open(_ parameters: ConnectionParameters, _ settings: SessionSettings) async throws -> Connection {
        let given = try parameters.resolved().first { $0.keyword == "options" }?.value ?? ""
        let options = given.isEmpty ? ToolConnection.options : "\(given) \(ToolConnection.options)"
        do {
            do {
                return try await Connection.open(parameters.setting("options", options), settings: settings)
            } catch let error as PostgresError where error.sqlState == transactionTimeout {
                // So the server has the setting, and knows it as an option, too.
                return try await Connection.open(
                    parameters.setting("options", "\(options) \(ToolConnection.noTransactionTimeout)"),
                    settings: settings)
            }
        } catch let error as PostgresError {
            guard FailureCode(error) == .poolerStartupParameter else { throw error }
            throw throughPooler
        }
    }

    /// The role's own limit had ended the transaction that sets it aside.
    private static let transactionTimeout = SQLState("25P04")

    static let throughPooler = Failure(
        .backupPooled, "the connection goes through a pooler, which cannot carry a snapshot",
        hint: "add direct_url to the target in dbctl.yaml, or give a --database-url that goes to the server itself")
}
