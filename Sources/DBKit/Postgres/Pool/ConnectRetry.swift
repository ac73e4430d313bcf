/// Which failed connection attempts are worth another try.
///
/// Only those that pass by themselves: no slot free, a server that starts or stops, nobody listening yet, no answer in
/// time. A wrong password, a missing database, a missing privilege or a certificate stays wrong; trying again would
/// only lock the account or fill the log.
public enum ConnectRetry {
    public static func isWorthwhile(_ error: PostgresError) -> Bool {
        guard case .connect(let phase) = error.kind else { return false }
        // What a server or pooler has said counts; everything below is about servers that said nothing.
        if let state = error.sqlState { return state == .tooManyConnections || state == .cannotConnectNow }
        if error.isTimeout { return true }
        guard phase == .network else { return false }
        // libpq keeps no errno, only strerror's text: refused, no socket (its unix form), the kernel's own timeout.
        return ["Connection refused", "No such file or directory", "timed out"].contains { error.message.contains($0) }
    }
}

/// Which failed transactions may be run again.
enum TransactionRetry {
    /// Lost a race and took no effect, also when COMMIT was what said so. Never after a lost connection.
    static func isSafe(_ error: any Error) -> Bool {
        guard let error = error as? PostgresError, !error.isOutcomeUnknown, !error.isConnectionLost else {
            return false
        }
        return error.sqlState == .serializationFailure || error.sqlState == .deadlockDetected
    }
}
